"""The rules as German sentences. The module `english` has the English ones."""

from __future__ import annotations

from leaderboard.competition.rules import Rules
from leaderboard.core.clock import format_deadline, format_time
from leaderboard.page.german import translate_date


def rule_lines(rules: Rules) -> list[str]:
    """What a team must know, one string per rule."""
    lines = [_quota(rules), _picks(rules.picks), _deadline(rules)]
    lines.append(
        "Bei gleichem Ergebnis liegt die frühere Einreichung vorn."
        if rules.tie == "earlier"
        else "Teams mit gleichem Ergebnis teilen sich einen Rang."
    )
    if rules.ladder:
        lines.append(
            "Ein Ergebnis zählt nur, wenn es das beste des Teams um mehr als den gepaarten Standardfehler übertrifft."
        )
    if rules.still_from is not None:
        own = "weiterhin" if rules.board_still_own_scores else "dann nicht mehr"
        lines.append(
            f"Die Rangliste wird ab {format_time(rules.still_from, rules.timezone)} bis zum Ende nicht mehr "
            f"aktualisiert. Teams können weiterhin einreichen; seine eigenen Ergebnisse sieht ein Team {own}."
        )
    return lines


def _quota(rules: Rules) -> str:
    entries = "1 Einreichung" if rules.daily_quota == 1 else f"{rules.daily_quota} Einreichungen"
    return (
        f"{entries} pro Tag und Team; der Tag beginnt um Mitternacht ({rules.timezone}). Ungültige Dateien zählen "
        f"nicht als Einreichung; höchstens {rules.daily_invalid} pro Tag sind erlaubt."
    )


def _picks(picks: int) -> str:
    if picks == 1:
        return "Am Ende zählt eine Einreichung: die ausgewählte, sonst die mit dem besten öffentlichen Ergebnis."
    return f"Am Ende zählen {picks} Einreichungen: die ausgewählten, sonst die mit den besten öffentlichen Ergebnissen."


def _deadline(rules: Rules) -> str:
    if rules.closes_at is None:
        return "Es gibt keinen Abgabeschluss; die Kursleitung beendet den Wettbewerb."
    late = "Spätere Dateien werden nur angenommen, wenn die Kursleitung dem Team mehr Zeit gewährt hat."
    if rules.late_until is not None:
        until = _moment(rules.late_until, rules.timezone)
        late = f"Bis {until} werden Dateien noch angenommen und bewertet, erhalten als verspätete aber keinen Rang."
    return f"Abgabeschluss: {_moment(rules.closes_at, rules.timezone)}. {late}"


def _moment(at: int, zone: str) -> str:
    return translate_date("de", format_deadline(at, zone, "%d %b %Y"))
