"""The texts of the tutor's page, in English and German."""

from __future__ import annotations

# key: (English, German)
TUTOR_TEXTS: dict[str, tuple[str, str]] = {
    "tutor_lead": (
        "Every action here is logged, as on the command line.",
        "Alles, was Sie hier tun, wird protokolliert, genau wie auf der Kommandozeile.",
    ),
    "tutor_rules_kept": (
        "The rules that were logged last are in force, because rules.toml is not valid: {problem}",
        "Es gelten die zuletzt protokollierten Regeln, denn rules.toml ist nicht gültig: {problem}",
    ),
    "tutor_teams": ("Teams", "Teams"),
    "tutor_team": ("Team", "Team"),
    "tutor_shown_as": ("Shown as", "Angezeigt als"),
    "tutor_acts": ("Actions", "Aktionen"),
    "tutor_new_team": ("Name of a new team", "Name eines neuen Teams"),
    "tutor_new_alias": ("Alias on the board (optional)", "Alias in der Rangliste (optional)"),
    "tutor_add": ("Add the team", "Team anlegen"),
    "tutor_baseline": ("baseline", "Vergleichswert"),
    "tutor_disabled": ("disabled", "gesperrt"),
    "tutor_link": ("One-time link", "Einmal-Link"),
    "tutor_token": ("New token", "Neues Token"),
    "tutor_enable": ("Enable", "Entsperren"),
    "tutor_disable": ("Disable", "Sperren"),
    "tutor_rename": ("Rename a team", "Team umbenennen"),
    "tutor_new_name": ("New name", "Neuer Name"),
    "tutor_do_rename": ("Rename", "Umbenennen"),
    "tutor_alias_of": ("Alias of a team", "Alias eines Teams"),
    "tutor_alias_help": ("Alias; empty: the name is shown", "Alias; leer: der Name wird angezeigt"),
    "tutor_save_alias": ("Save the alias", "Alias speichern"),
    "tutor_grants": ("Grants for one team", "Ausnahmen für ein Team"),
    "tutor_grant_help": (
        "Extra entries beyond the daily quota, a later deadline, or both, until a given time.",
        "Zusätzliche Einreichungen, ein späterer Abgabeschluss oder beides, bis zu einem Zeitpunkt.",
    ),
    "tutor_grant_entries": (
        "Extra entries; 0: only a later deadline",
        "Zusätzliche Einreichungen; 0: nur ein späterer Abgabeschluss",
    ),
    "tutor_grant_until": ("Until, such as 2026-12-20 18:00", "Bis, etwa 2026-12-20 18:00"),
    "tutor_grant_reason": ("Reason", "Grund"),
    "tutor_give": ("Grant it", "Gewähren"),
    "tutor_granted": ("Granted", "Gewährt"),
    "tutor_used": ("Used", "Verbraucht"),
    "tutor_until": ("Until", "Bis"),
    "tutor_revoke": ("Revoke", "Zurücknehmen"),
    "tutor_revoked": ("revoked", "zurückgenommen"),
    "tutor_newest": ("Newest entries", "Neueste Einreichungen"),
    "tutor_entry": ("Number of an entry", "Nummer einer Einreichung"),
    "tutor_void_reason": ("Reason; the team reads it", "Grund; für das Team sichtbar"),
    "tutor_gives_back": ("It no longer costs quota", "Sie zählt nicht mehr zum Tageskontingent"),
    "tutor_void": ("Make it void", "Für ungültig erklären"),
    "tutor_restore": ("Let it rank again", "Wieder werten"),
    "tutor_move_to": ("The team it belongs to", "Das Team, zu dem sie gehört"),
    "tutor_move": ("Move it", "Verschieben"),
    "tutor_done_to": ("What was done to entries", "Änderungen an Einreichungen"),
    "tutor_since": ("Since", "Seit"),
    "tutor_ended": ("Ended", "Beendet"),
    "tutor_public": ("Public, %", "Öffentlich, %"),
    "tutor_private": ("Private, %", "Privat, %"),
    "tutor_state": ("State", "Status"),
    "tutor_download": ("Download", "Herunterladen"),
    "tutor_private_standings": ("private standings", "private Rangliste"),
    "tutor_all_entries": ("all entries", "alle Einreichungen"),
    "tutor_whole_log": ("the whole log", "das ganze Protokoll"),
    "tutor_findings": ("what inspect finds", "Befunde von inspect"),
    "tutor_findings_help": ("reads every file", "liest jede Datei"),
    "tutor_rules": ("Rules", "Regeln"),
    "tutor_save_rules": ("Check, save and log", "Prüfen, speichern und protokollieren"),
    "tutor_end": ("The end", "Abschluss"),
    "tutor_final": ("The private standings are public.", "Die private Rangliste ist öffentlich."),
    "tutor_unfreeze": ("Accept entries again", "Wieder Einreichungen annehmen"),
    "tutor_freeze": (
        "Freeze: accept no entries and picks",
        "Einfrieren: keine Einreichungen und keine Auswahl annehmen",
    ),
    "tutor_sure": (
        "Make the private standings public. This cannot be undone.",
        "Die private Rangliste veröffentlichen. Das lässt sich nicht rückgängig machen.",
    ),
    "tutor_reveal": ("Reveal", "Veröffentlichen"),
    "tutor_log": ("Log", "Protokoll"),
    "tutor_event": ("Event", "Ereignis"),
    "tutor_what": ("What", "Was"),
    "tutor_refused": ("Refused logins", "Abgelehnte Anmeldungen"),
    "tutor_wrong_token": ("{at}: wrong token from {address}", "{at}: falsches Token von {address}"),
    "tutor_unknown": ("an unknown address", "einer unbekannten Adresse"),
    "tutor_none_refused": ("None since the server started.", "Keine seit dem Start des Servers."),
    "said_add_team": (
        "{name} is added. Its token is shown only once:",
        "{name} wurde angelegt. Das Token wird nur dieses eine Mal angezeigt:",
    ),
    "said_rename": ("{team} is now {name}.", "{team} heißt jetzt {name}."),
    "said_alias": ("{team} is shown as {shown}.", "{team} wird als {shown} angezeigt."),
    "said_token": (
        "The new token of {team}; the old one has ended:",
        "Das neue Token von {team}; das alte gilt nicht mehr:",
    ),
    "said_link": (
        "A link that logs {team} in once, within a week:",
        "Mit diesem Link kann sich {team} innerhalb einer Woche einmal anmelden:",
    ),
    "said_disable": (
        "{team} is off the board, and its entries are refused.",
        "{team} steht nicht mehr in der Rangliste und kann nichts mehr einreichen.",
    ),
    "said_enable": ("{team} is back.", "{team} ist wieder dabei."),
    "said_grant": ("The grant for {team} is in force.", "Die Ausnahme für {team} gilt."),
    "said_revoke": ("Grant {grant} has ended.", "Ausnahme {grant} gilt nicht mehr."),
    "said_void": (
        "Entry {entry} is void and does not rank.",
        "Einreichung {entry} wurde für ungültig erklärt und wird nicht gewertet.",
    ),
    "said_restore": ("Entry {entry} ranks again.", "Einreichung {entry} wird wieder gewertet."),
    "said_move": ("Entry {entry} now belongs to {team}.", "Einreichung {entry} gehört jetzt {team}."),
    "said_rules": ("The rules are in force and logged.", "Die Regeln gelten und wurden protokolliert."),
    "said_freeze": (
        "Frozen: no entries and picks are accepted.",
        "Eingefroren: Einreichungen und Auswahl werden nicht mehr angenommen.",
    ),
    "said_unfreeze": ("Entries and picks are accepted again.", "Einreichungen und Auswahl werden wieder angenommen."),
    "said_reveal": ("The private standings are public.", "Die private Rangliste ist öffentlich."),
}
# The state of an entry as the listing has it, in German.
STATES = {
    "complete": "bewertet",
    "not counted": "zählt nicht",
    "score not shown": "Ergebnis nicht sichtbar",
    "invalid": "ungültig",
    "late": "verspätet",
    "withdrawn": "zurückgezogen",
    "void": "für ungültig erklärt",
    "not ranked": "nicht gewertet",
    "team disabled": "Team gesperrt",
}


def state(language: str, status: str) -> str:
    """The state of an entry, such as "complete, not counted", for a reader."""
    if language != "de":
        return status
    parts = [part.partition(":") for part in status.replace("moved from ", "verschoben von ", 1).split(", ")]
    return ", ".join(STATES.get(name, name) + colon + codes for name, colon, codes in parts)
