"""The German texts of the page by their English texts. The server chooses the language of the reader."""

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
    "The board has stood still since {at}: later entries are scored, but not shown until the end.": (
        "Die Rangliste steht seit {at} still: spätere Einreichungen werden bewertet und erst am Ende gezeigt."
    ),
    "Best public score over time": "Bester öffentlicher Wert im Lauf der Zeit",
    "Best score over time": "Bester Wert im Lauf der Zeit",
    "Click a name to highlight the team here and in the table.": (
        "Ein Klick auf einen Namen hebt das Team hier und in der Tabelle hervor."
    ),
    "Grey and dotted: baselines.": "Grau und gepunktet: Vergleichswerte.",
    "Outside the axis: {count}.": "Außerhalb der Achse: {count}.",
    "A step curve for each team; the first eight have names. The table below has the same order.": (
        "Eine Stufenlinie für jedes Team; die ersten acht haben Namen. Die Tabelle darunter ist gleich geordnet."
    ),
    "standstill": "Stillstand",
    "now": "jetzt",
    "deadline": "Abgabeschluss",
    "Rules": "Regeln",
    "Teams without an entry on the board:": "Teams ohne Einreichung auf der Rangliste:",
    "{count} teams have no entry on the board.": "{count} Teams haben keine Einreichung auf der Rangliste.",
    "1 team has no entry on the board.": "1 Team hat keine Einreichung auf der Rangliste.",
    "How to read this": "Wie das zu lesen ist",
    "Shaded groups.": "Getönte Gruppen.",
    "Rows of the same shade form a group: McNemar's test at 5 % finds no difference between these teams and the first"
    " team of the group. A group ends before the first team that differs; the shade changes from group to group.": (
        "Gleich getönte Zeilen sind eine Gruppe: McNemars Test bei 5 % findet keinen Unterschied zwischen diesen Teams"
        " und dem ersten der Gruppe. Eine Gruppe endet vor dem ersten Team, das sich unterscheidet; der Ton wechselt"
        " von Gruppe zu Gruppe."
    ),
    "“Tied with the first” is the number of other teams in the first group: {count}.": (
        "„Gleichauf mit dem ersten“ ist die Zahl der anderen Teams in der ersten Gruppe: {count}."
    ),
    "Baselines have no rank, are not in a group and are not shaded.": (
        "Vergleichswerte haben keinen Rang, gehören zu keiner Gruppe und sind nicht getönt."
    ),
    "Scores.": "Werte.",
    "The bar is the 95 % interval of the score (Wilson): a test with {rows} rows is not more precise. “To next” is"
    " the difference to the score of the next better rank, in percentage points.": (
        "Der Balken ist das 95-%-Intervall des Werts (Wilson): genauer ist ein Test mit {rows} Zeilen nicht."
        " „Abstand“ ist der Unterschied zum Wert des nächstbesseren Rangs, in Prozentpunkten."
    ),
    "▲ and ▼ are places won and lost since the public standings.": (
        "▲ und ▼ sind Plätze, die seit der öffentlichen Rangliste gewonnen und verloren wurden."
    ),
    "▲ and ▼ are places won and lost since this time yesterday.": (
        "▲ und ▼ sind Plätze, die seit gestern um diese Zeit gewonnen und verloren wurden."
    ),
    "▲ and ▼ are places won and lost on the last day before the board stood still.": (
        "▲ und ▼ sind Plätze, die am letzten Tag vor dem Stillstand gewonnen und verloren wurden."
    ),
    "Updated {at}": "Erneuert {at}",
    "Sample submission": "Beispieldatei",
    "Audit log": "Protokoll",
    "head": "Kopf",
    "Write it down: if the log is ever changed or cut before this entry, leaderboard audit verify --head finds it": (
        "Notieren Sie ihn: wird das Protokoll vor diesem Eintrag je geändert oder gekürzt, findet leaderboard audit"
        " verify --head es heraus"
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
    "Teams by {metric}, with 95 % intervals. Teams in rows of the same shade do not differ significantly from the first"
    " of their group; baselines are not in a group.": (
        "Teams nach {metric}, mit 95-%-Intervallen. Teams in gleich getönten Zeilen unterscheiden sich nicht"
        " signifikant vom ersten ihrer Gruppe; Vergleichswerte gehören zu keiner Gruppe."
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
    "{count} more teams are not shown here: each team sees its place on its own page.": (
        "{count} weitere Teams sind hier nicht gezeigt: jedes sieht seinen Platz auf seiner eigenen Seite."
    ),
    "1 more team is not shown here: each team sees its place on its own page.": (
        "1 weiteres Team ist hier nicht gezeigt: jedes sieht seinen Platz auf seiner eigenen Seite."
    ),
    "Teams in rows of the same shade do not differ significantly:": (
        "Teams in gleich getönten Zeilen unterscheiden sich nicht signifikant:"
    ),
    "how to read this": "wie das zu lesen ist",
    "up": "hinauf",
    "down": "hinab",
}


def translate(language: str, text: str, **values: object) -> Markup:
    """A text of the page in German ("de") or else in English, with its values filled in and escaped."""
    return Markup(GERMAN[text] if language == "de" else text).format(**values)


def translate_duration(language: str, text: str) -> str:
    """A duration such as "3 days 4 h" in German ("de") or else unchanged."""
    return text.replace("days", "Tage").replace("day", "Tag") if language == "de" else text
