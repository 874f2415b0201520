"""One competition: its folder, rules, teams and entries, from its creation to its end."""
