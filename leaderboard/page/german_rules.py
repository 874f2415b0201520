"""The rules as German sentences. The module `english` has the English ones."""

from __future__ import annotations

from leaderboard.competition.rules import Rules
from leaderboard.core.clock import format_deadline, format_time


def rule_lines(rules: Rules) -> list[str]:
    """What a team must know, one string per rule."""
    lines = [_quota(rules), _picks(rules.picks), _deadline(rules)]
    lines.append(
        "Bei gleichem Wert steht die frühere Einreichung vorn."
        if rules.tie == "earlier"
        else "Teams mit gleichem Wert teilen einen Rang."
    )
    if rules.ladder:
        lines.append(
            "Ein Wert zählt nur, wenn er den besten des Teams um mehr als den gepaarten Standardfehler übertrifft."
        )
    if rules.still_from is not None:
        sees = "sieht" if rules.board_still_own_scores else "sieht auch"
        own = "seine eigenen Werte" if rules.board_still_own_scores else "seine eigenen Werte nicht"
        lines.append(
            f"Die Rangliste steht ab {format_time(rules.still_from, rules.timezone)} bis zum Ende still. Teams können "
            f"weiter einreichen; ein Team {sees} {own}."
        )
    return lines


def _quota(rules: Rules) -> str:
    entries = "1 Einreichung" if rules.daily_quota == 1 else f"{rules.daily_quota} Einreichungen"
    return (
        f"{entries} pro Tag für jedes Team; der Tag beginnt um Mitternacht, {rules.timezone}. Ungültige Dateien "
        f"zählen nicht als Einreichung: höchstens {rules.daily_invalid} pro Tag."
    )


def _picks(picks: int) -> str:
    if picks == 1:
        return "Am Ende zählt eine Einreichung: die ausgewählte, sonst die nach öffentlichem Wert beste."
    return f"Am Ende zählen {picks} Einreichungen: die ausgewählten, sonst die nach öffentlichem Wert besten."


def _deadline(rules: Rules) -> str:
    if rules.closes_at is None:
        return "Es gibt keinen Abgabeschluss: der Tutor beendet den Wettbewerb."
    late = "Spätere Dateien werden nur angenommen, wenn der Tutor dem Team mehr Zeit gewährt hat."
    if rules.late_until is not None:
        until = _moment(rules.late_until, rules.timezone)
        late = f"Spätere Dateien werden angenommen bis {until}: bewertet, als verspätet vermerkt, ohne Rang."
    return f"Abgabeschluss: {_moment(rules.closes_at, rules.timezone)}. {late}"


def _moment(at: int, zone: str) -> str:
    return format_deadline(at, zone, "%d.%m.%Y").replace("the end of", "Ende des")
