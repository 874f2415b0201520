"""The German texts of the page by their English texts. The server chooses the language of the reader."""

from __future__ import annotations

import re

from markupsafe import Markup

GERMAN: dict[str, str] = {
    "Open": "Offen",
    "Closed": "Geschlossen",
    "Frozen": "Eingefroren",
    "Final": "Endgültig",
    "Private standings on {rows} held-out rows.": "Private Rangliste auf Grundlage von {rows} zurückgehaltenen Zeilen.",
    "Public standings on {rows} rows; the final standings use other rows, held back until the end.": (
        "Öffentliche Rangliste auf Grundlage von {rows} Zeilen; die endgültige Rangliste verwendet andere Zeilen, die"
        " bis zum Ende zurückgehalten werden."
    ),
    "No entries yet.": "Noch keine Einreichungen.",
    "Open until {at}:": "Offen bis {at}:",
    "{time} left": "noch {time}",
    "As of {at}.": "Stand: {at}.",
    "The board has stood still since {at}: later entries are scored, but not shown until the end.": (
        "Die Rangliste wird seit {at} nicht mehr aktualisiert: Spätere Einreichungen werden bewertet, aber erst am Ende"
        " angezeigt."
    ),
    "Best public score over time": "Bestes öffentliches Ergebnis im Zeitverlauf",
    "Best score over time": "Bestes Ergebnis im Zeitverlauf",
    "Click a name to highlight the team here and in the table.": (
        "Ein Klick auf einen Namen hebt das Team hier und in der Tabelle hervor."
    ),
    "Grey and dotted: baselines.": "Grau und gepunktet: Vergleichswerte.",
    "Outside the axis: {count}.": "Außerhalb der Achse: {count}.",
    "A step curve for each team; the first eight have names. The table below has the same order.": (
        "Eine Treppenkurve für jedes Team; die ersten acht sind beschriftet. Die Tabelle darunter hat dieselbe"
        " Reihenfolge."
    ),
    "standstill": "Stillstand",
    "now": "jetzt",
    "deadline": "Abgabeschluss",
    "Rules": "Regeln",
    "Teams without an entry on the board:": "Teams ohne Einreichung in der Rangliste:",
    "{count} teams have no entry on the board.": "{count} Teams haben keine Einreichung in der Rangliste.",
    "1 team has no entry on the board.": "1 Team hat keine Einreichung in der Rangliste.",
    "How to read this": "Erläuterungen",
    "Shaded groups.": "Schattierte Gruppen.",
    "Rows of the same shade form a group: McNemar's test at 5 % finds no difference between these teams and the first"
    " team of the group. A group ends before the first team that differs; the shade changes from group to group.": (
        "Gleich schattierte Zeilen bilden eine Gruppe: Der McNemar-Test findet auf dem 5-%-Niveau keinen Unterschied"
        " zwischen diesen Teams und dem ersten Team der Gruppe. Eine Gruppe endet vor dem ersten Team, das sich"
        " unterscheidet; die Schattierung wechselt von Gruppe zu Gruppe."
    ),
    "“Tied with the first” is the number of other teams in the first group: {count}.": (
        "„Gleichauf mit dem ersten Team“ gibt an, wie viele andere Teams zur ersten Gruppe gehören: {count}."
    ),
    "Baselines have no rank, are not in a group and are not shaded.": (
        "Vergleichswerte haben keinen Rang, gehören zu keiner Gruppe und sind nicht schattiert."
    ),
    "Scores.": "Ergebnisse.",
    "The bar is the 95 % interval of the score (Wilson): a test with {rows} rows is not more precise. “To next” is"
    " the difference to the score of the next better rank, in percentage points.": (
        "Der Balken zeigt das 95-%-Intervall des Ergebnisses (Wilson): Genauer ist ein Test mit {rows} Zeilen nicht."
        " „Abstand“ ist die Differenz zum Ergebnis des nächstbesseren Rangs in Prozentpunkten."
    ),
    "▲ and ▼ are places won and lost since the public standings.": (
        "▲ und ▼ zeigen, wie viele Plätze ein Team seit der öffentlichen Rangliste gewonnen oder verloren hat."
    ),
    "▲ and ▼ are places won and lost since this time yesterday.": (
        "▲ und ▼ zeigen, wie viele Plätze ein Team seit gestern um diese Zeit gewonnen oder verloren hat."
    ),
    "▲ and ▼ are places won and lost on the last day before the board stood still.": (
        "▲ und ▼ zeigen, wie viele Plätze ein Team am letzten Tag vor dem Stillstand gewonnen oder verloren hat."
    ),
    "Updated {at}": "Aktualisiert: {at}",
    "Sample submission": "Beispieldatei",
    "Audit log": "Protokoll",
    "head": "Stand",
    "Write it down: if the log is ever changed or cut before this entry, leaderboard audit verify --head finds it": (
        "Notieren Sie ihn: Wird das Protokoll vor diesem Eintrag je geändert oder gekürzt, erkennt das leaderboard"
        " audit verify --head"
    ),
    "Your rank": "Ihr Rang",
    "of {count}": "von {count}",
    "Your {metric}": "Ihr Ergebnis ({metric})",
    "Best {metric}": "Bestes Ergebnis ({metric})",
    "95 % interval {low} to {high}": "95-%-Intervall {low} bis {high}",
    "To the next rank": "Abstand zum nächsten Rang",
    "points": "Punkte",
    "Entries left today": "Heute noch verfügbare Einreichungen",
    "Tied with the first": "Gleichauf mit dem ersten Team",
    "How ties are found": "Wie ein Gleichstand festgestellt wird",
    "Teams": "Teams",
    "and {count} without an entry": "und {count} ohne Einreichung",
    "Entries": "Einreichungen",
    "Standings": "Rangliste",
    "Final standings": "Endgültige Rangliste",
    "Find a team": "Team suchen",
    "Teams by {metric}, with 95 % intervals. Teams in rows of the same shade do not differ significantly from the first"
    " of their group; baselines are not in a group.": (
        "Teams nach {metric}, mit 95-%-Intervallen. Teams in gleich schattierten Zeilen unterscheiden sich nicht"
        " signifikant vom ersten Team ihrer Gruppe; Vergleichswerte gehören zu keiner Gruppe."
    ),
    "Rank": "Rang",
    "Team": "Team",
    "95 % interval": "95-%-Intervall",
    "To next": "Abstand",
    "Public, %": "Öffentlich, %",
    "Date": "Datum",
    "not ranked": "ohne Rang",
    "you": "Sie",
    "baseline": "Vergleichswert",
    "{low} to {high}": "{low} bis {high}",
    "{count} entries": "{count} Einreichungen",
    "1 entry": "1 Einreichung",
    "{gap} to next": "{gap} bis zum nächsten Rang",
    "public {score}": "öffentlich {score}",
    "{count} more teams are not shown here: each team sees its place on its own page.": (
        "{count} weitere Teams werden hier nicht angezeigt: Jedes Team sieht seinen Platz auf seiner eigenen Seite."
    ),
    "1 more team is not shown here: each team sees its place on its own page.": (
        "1 weiteres Team wird hier nicht angezeigt: Jedes Team sieht seinen Platz auf seiner eigenen Seite."
    ),
    "Teams in rows of the same shade do not differ significantly:": (
        "Teams in gleich schattierten Zeilen unterscheiden sich nicht signifikant:"
    ),
    "how to read this": "zu den Erläuterungen",
    "up": "gestiegen",
    "down": "gefallen",
}


MONTHS = dict(
    zip(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
        strict=True,
    )
)
_MONTH = re.compile(rf"(?:\b(\d\d) |\b)({'|'.join(MONTHS)})\b")
NARROW_SPACE = "\u202f"


def translate(language: str, text: str, **values: object) -> Markup:
    """A text of the page in German ("de") or else in English, with its values filled in and escaped."""
    return Markup(GERMAN[text] if language == "de" else text).format(**values)


def translate_date(language: str, text: str) -> str:
    """A date or deadline such as "the end of 20 Dec 2026" in German ("de") or else unchanged."""
    if language != "de":
        return text
    text = text.replace("the end of", "Ende des")
    return _MONTH.sub(lambda match: f"{match[1]}. {MONTHS[match[2]]}" if match[1] else MONTHS[match[2]], text)


def number(language: str, value: int) -> str:
    """A whole number with its thousands apart: by a narrow space in German ("de"), where a comma marks decimals."""
    return f"{value:,}".replace(",", NARROW_SPACE if language == "de" else ",")


def translate_duration(language: str, text: str) -> str:
    """A duration such as "3 days 4 h" in German ("de") or else unchanged."""
    return text.replace("days", "Tage").replace("day", "Tag") if language == "de" else text
