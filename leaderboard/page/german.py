"""What the page says in German, under its English text; a server shows it by the reader's language."""

from __future__ import annotations

from markupsafe import Markup

GERMAN: dict[str, str] = {
    "Open": "Offen",
    "Closed": "Geschlossen",
    "Frozen": "Eingefroren",
    "Final": "Endgültig",
    "Private standings on {rows} held-out rows.": "Private Rangliste auf {rows} zurückgehaltenen Zeilen.",
    "Public standings on {rows} rows; the final standings use other rows, held back until the end.": (
        "Öffentliche Rangliste auf {rows} Zeilen; die endgültige nimmt andere, bis zum Ende zurückgehaltene Zeilen."
    ),
    "No entries yet.": "Noch keine Einreichungen.",
    "Open until {at}:": "Offen bis {at}:",
    "{time} left": "noch {time}",
    "As of {at}.": "Stand: {at}.",
    "The board stands still since {at}: later entries are scored and not shown until the end.": (
        "Die Rangliste steht seit {at} still: spätere Einreichungen werden bewertet und erst am Ende gezeigt."
    ),
    "Best public score over time": "Bester öffentlicher Wert im Lauf der Zeit",
    "Best score over time": "Bester Wert im Lauf der Zeit",
    "A name is a link to the team's line here and in the table.": (
        "Ein Name führt zur Linie des Teams hier und zur Zeile in der Tabelle."
    ),
    "Grey and dotted: baselines.": "Grau und gepunktet: Vergleichswerte.",
    "Beyond the axis: {count}.": "Jenseits der Achse: {count}.",
    "Steps, one line for each team; the first eight are named. The table below has the same order.": (
        "Stufen, eine Linie für jedes Team; die ersten acht sind benannt. Die Tabelle darunter hat dieselbe Ordnung."
    ),
    "still": "Stillstand",
    "now": "jetzt",
    "deadline": "Abgabeschluss",
    "Rules": "Regeln",
    "Without an entry on the board:": "Ohne Einreichung auf der Rangliste:",
    "{count} teams are without an entry on the board.": "{count} Teams sind ohne Einreichung auf der Rangliste.",
    "1 team is without an entry on the board.": "1 Team ist ohne Einreichung auf der Rangliste.",
    "How to read this": "Wie das zu lesen ist",
    "Shaded groups.": "Getönte Gruppen.",
    "Rows of one shade are a group: teams that McNemar's test, row by row at 5 %, cannot tell from the first of the"
    " group. A group ends at the first team that can be told apart; shades change from group to group.": (
        "Zeilen eines Tons sind eine Gruppe: Teams, die McNemars Test, Zeile für Zeile bei 5 %, nicht vom ersten der"
        " Gruppe unterscheiden kann. Eine Gruppe endet vor dem ersten Team, das sich unterscheidet; der Ton wechselt"
        " von Gruppe zu Gruppe."
    ),
    "“Tied with the first” counts the first group without the first team: {count}.": (
        "„Gleichauf mit dem ersten“ zählt die erste Gruppe ohne das erste Team: {count}."
    ),
    "Baselines are not ranked, belong to no group and are not shaded.": (
        "Vergleichswerte haben keinen Rang, gehören zu keiner Gruppe und sind nicht getönt."
    ),
    "Scores.": "Werte.",
    "The bar is the 95 % interval of the score (Wilson): a test of {rows} rows cannot say more. “To next” is what is"
    " missing to the score of the next better rank, in percentage points.": (
        "Der Balken ist das 95-%-Intervall des Werts (Wilson): mehr kann ein Test mit {rows} Zeilen nicht sagen."
        " „Abstand“ ist, was zum Wert des nächstbesseren Rangs fehlt, in Prozentpunkten."
    ),
    "▲ and ▼ are places won and lost since the public standings.": (
        "▲ und ▼ sind Plätze, die seit der öffentlichen Rangliste gewonnen und verloren wurden."
    ),
    "▲ and ▼ are places won and lost since this time yesterday.": (
        "▲ und ▼ sind Plätze, die seit gestern um diese Zeit gewonnen und verloren wurden."
    ),
    "▲ and ▼ are places won and lost since this time yesterday, before the board stood still.": (
        "▲ und ▼ sind Plätze, die am letzten Tag vor dem Stillstand gewonnen und verloren wurden."
    ),
    "Updated {at}": "Erneuert {at}",
    "Sample submission": "Beispieldatei",
    "Audit log": "Protokoll",
    "head": "Kopf",
    "Note it down: if the log is ever changed or cut before this entry, leaderboard audit verify --head will tell": (
        "Notieren Sie ihn: wird das Protokoll vor diesem Eintrag je geändert oder gekürzt, so sagt es leaderboard audit"
        " verify --head"
    ),
    "Your rank": "Ihr Rang",
    "of {count}": "von {count}",
    "Your {metric}": "Ihr Wert ({metric})",
    "Best {metric}": "Bester Wert ({metric})",
    "95 % interval {low} to {high}": "95-%-Intervall {low} bis {high}",
    "To the next rank": "Zum nächsten Rang",
    "points": "Punkte",
    "Entries left today": "Einreichungen heute übrig",
    "Tied with the first": "Gleichauf mit dem ersten",
    "How ties are found": "Wie Gleichstand festgestellt wird",
    "Teams": "Teams",
    "and {count} without an entry": "und {count} ohne Einreichung",
    "Entries": "Einreichungen",
    "Standings": "Rangliste",
    "Final standings": "Endgültige Rangliste",
    "Find a team": "Ein Team finden",
    "Teams by {metric}, with 95 % intervals. Rows of one shade are teams that cannot be told apart from the first of"
    " their group; baselines stand apart.": (
        "Teams nach {metric}, mit 95-%-Intervallen. Zeilen eines Tons sind Teams, die sich vom ersten ihrer Gruppe"
        " nicht unterscheiden lassen; Vergleichswerte stehen für sich."
    ),
    "Rank": "Rang",
    "Team": "Team",
    "95 % interval": "Intervall, 95 %",
    "To next": "Abstand",
    "Public, %": "Öffentlich, %",
    "Date": "Datum",
    "not ranked": "ohne Rang",
    "you": "Sie",
    "baseline": "Vergleichswert",
    "{low} to {high}": "{low} bis {high}",
    "{count} entries": "{count} Einreichungen",
    "1 entry": "1 Einreichung",
    "{gap} to next": "{gap} bis zum nächsten",
    "public {score}": "öffentlich {score}",
    "{count} more teams are not shown: each sees itself on its own page.": (
        "{count} weitere Teams sind nicht gezeigt: jedes sieht sich auf seiner eigenen Seite."
    ),
    "1 more team is not shown: each sees itself on its own page.": (
        "1 weiteres Team ist nicht gezeigt: jedes sieht sich auf seiner eigenen Seite."
    ),
    "Rows of one shade cannot be told apart:": "Zeilen eines Tons lassen sich nicht unterscheiden:",
    "how to read this": "wie das zu lesen ist",
    "up": "hinauf",
    "down": "hinab",
}


def said(language: str, text: str, **values: object) -> Markup:
    """A text of the page in a language, its values escaped; English for any language but German."""
    return Markup(GERMAN[text] if language == "de" else text).format(**values)


def span(language: str, text: str) -> str:
    """A span of time such as "3 days 4 h" in a language."""
    return text.replace("days", "Tage").replace("day", "Tag") if language == "de" else text
