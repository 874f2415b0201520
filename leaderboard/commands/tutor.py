"""What the tutor does: `init`, `team`, `freeze`, `reveal`, `rescore`, `publish`, `audit`."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands import common
from leaderboard.commands.participant import moved_row
from leaderboard.output import print_json, print_rows


def add_parsers(commands: argparse._SubParsersAction) -> None:
    """Add this group's commands to the parser."""
    _add_init(commands)
    _add_teams(commands)
    freeze = common.add(commands, "freeze", run_freeze, "take no entries or picks any more", prints_rows=False)
    freeze.add_argument("--undo", action="store_true", help="take them again")
    common.add(commands, "reveal", run_reveal, "make the private standings public, with what changed")
    rescore = common.add(commands, "rescore", run_rescore, "score every entry again after a label fix")
    rescore.add_argument("--solution", type=Path, required=True, help="corrected solution with the same ids")
    publish = common.add(
        commands, "publish", run_publish, "write the page, with JSON and CSV beside it", prints_rows=False
    )
    publish.add_argument("out", type=Path, metavar="OUT", help="folder; it is made when it is not there")
    audit = common.add(commands, "audit", run_audit, "verify that nothing was edited, deleted or reordered")
    audit.add_argument("action", choices=("verify", "log"))
    audit.add_argument("--head", help="count:hash that was noted earlier, such as from the published page")
    audit.add_argument("--scores", action="store_true", help="score every kept file again too: milliseconds each")


def _add_init(commands: argparse._SubParsersAction) -> None:
    init = commands.add_parser("init", help="make a competition from a solution")
    init.add_argument("folder", type=Path)
    init.add_argument("--solution", type=Path, required=True, help="CSV: id,label and optionally usage")
    init.add_argument("--name", help="title (default: the name in a dataset.json beside the solution, or the folder's)")
    init.add_argument("--public", type=float, help="share of the rows in the public score (default 0.3)")
    init.add_argument("--seed", type=int, help="seed of the split (default: drawn; whoever knows it knows the split)")
    init.add_argument("--daily-quota", type=int, default=5)
    init.add_argument("--deadline", default="", help="such as '2026-12-20 18:00', in the competition's timezone")
    init.add_argument("--timezone", default="UTC", help="such as Europe/Berlin")
    init.add_argument("--tie", default="earlier", help="earlier or shared")
    init.add_argument("--ladder", action="store_true", help="count a score only when it beats the team's best clearly")
    init.add_argument("--probabilities", action="store_true", help="also take one probability column a class")
    init.add_argument("--names", default="all", help="names on the page: all, anonymous or top")
    init.add_argument("--metric", default="accuracy", help="accuracy, or module:function")
    init.add_argument("--database", help="postgresql://user@host/name (default: SQLite in the folder)")
    init.set_defaults(run=run_init)


def run_init(args: argparse.Namespace) -> int:
    """Make the competition and say what to do next."""
    from leaderboard.creation import Split, create
    from leaderboard.scoring import find_metric
    from leaderboard.solution import USAGES, dataset_name

    find_metric(args.metric)
    keys = ("daily_quota", "deadline", "timezone", "tie", "ladder", "probabilities", "names", "metric")
    rules = {key: getattr(args, key) for key in keys}
    rules["name"] = args.name or dataset_name(args.solution) or args.folder.resolve().name
    split = Split(public=args.public, seed=args.seed)
    made = create(args.folder, args.solution, rules, split, database=args.database)
    usage = made.solution(0).usage
    counts = ", ".join(f"{int((usage == code).sum()):,} {name.lower()}" for code, name in enumerate(USAGES))
    print(f"{args.folder}: {made.rules.name}, {len(made.rules.classes)} classes; rows: {counts}.")
    print(f"Hand out {made.sample}; keep the folder to yourself. Rules: {args.folder}/rules.toml")
    print(f"Next: leaderboard team add --competition {args.folder} NAME ...")
    return 0


def _add_teams(commands: argparse._SubParsersAction) -> None:
    team = commands.add_parser("team", help="add, list, rename, alias, disable teams")
    actions = team.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(team))
    add = common.add(actions, "add", run_team_add, "add teams and print their tokens, this once")
    add.add_argument("name", nargs="+")
    add.add_argument("--alias", help="shown instead of the name on every page (for one team)")
    add.add_argument("--baseline", action="store_true", help="shown on the board, not ranked, no quota")
    common.add(actions, "list", run_team_list, "list the teams")
    rename = common.add(actions, "rename", run_team_change, "change a team's name", prints_rows=False)
    rename.add_argument("name")
    rename.add_argument("new")
    text = "show an alias instead of the name; no alias takes it away"
    alias = common.add(actions, "alias", run_team_change, text, prints_rows=False)
    alias.add_argument("name")
    alias.add_argument("new", nargs="?")
    text = "take a team off the board and refuse its entries"
    disable = common.add(actions, "disable", run_team_change, text, prints_rows=False)
    disable.add_argument("name")
    disable.add_argument("--undo", action="store_true")
    token = common.add(actions, "token", run_team_change, "give a team a new token; the old one ends")
    token.add_argument("name")


def run_team_add(args: argparse.Namespace) -> int:
    """Print name and token of each; a name that cannot be added stops there, those before it are added."""
    from leaderboard import teams
    from leaderboard.errors import LeaderboardError

    if args.alias and len(args.name) > 1:
        raise LeaderboardError("--alias is for one team: give one name")
    competition = common.open_competition(args)
    rows = []
    try:
        for name in args.name:
            token = teams.add(competition, name, alias=args.alias, baseline=args.baseline)
            rows.append({"teamName": teams.checked_name(name), "token": token})
    finally:
        if rows:
            print_rows(rows, ("teamName", "token"), args.format)
    return 0


def run_team_list(args: argparse.Namespace) -> int:
    """Every team with the name that pages show, and its own page where the rules give it one."""
    import sqlalchemy as sa

    from leaderboard import store
    from leaderboard.clock import shown
    from leaderboard.page.board import shown_names, team_key

    competition = common.open_competition(args)
    with competition.reading() as connection:
        statement = (
            sa.select(store.teams, sa.func.count(store.submissions.c.id).label("entries"))
            .outerjoin(store.submissions)
            .group_by(store.teams.c.id)
            .order_by(store.teams.c.id)
        )
        teams = connection.execute(statement).all()
        secret = connection.execute(sa.select(store.competition.c.secret)).scalar_one()
    name_of = shown_names(secret, competition.rules.names)
    columns: tuple[str, ...] = ("teamId", "teamName", "shown", "entries", "baseline", "disabled", "added")
    if competition.rules.names == "top":
        columns = (*columns, "page")
    rows = [
        {
            "teamId": team.id,
            "teamName": team.name,
            "shown": name_of(team),
            "entries": team.entries,
            "baseline": bool(team.baseline),
            "disabled": bool(team.disabled),
            "added": shown(team.created_at, competition.rules.timezone),
            "page": f"team/{team_key(secret, team.id)}.html",
        }
        for team in teams
    ]
    print_rows(rows, columns, args.format)
    return 0


def run_team_change(args: argparse.Namespace) -> int:
    """`rename`, `alias`, `disable` and `token`."""
    from leaderboard import teams

    competition = common.open_competition(args)
    if args.action == "rename":
        teams.rename(competition, args.name, args.new)
        print(f"{args.name} is now {args.new}.")
    elif args.action == "alias":
        teams.set_alias(competition, args.name, args.new)
        print(f"{args.name} is shown as {args.new or args.name}.")
    elif args.action == "disable":
        teams.set_disabled(competition, args.name, not args.undo)
        print(f"{args.name} is {'back' if args.undo else 'off the board, and its entries are refused'}.")
    else:
        print_rows(
            [{"teamName": args.name, "token": teams.renew_token(competition, args.name)}],
            ("teamName", "token"),
            args.format,
        )
    return 0


def run_freeze(args: argparse.Namespace) -> int:
    from leaderboard import lifecycle

    competition = common.open_competition(args)
    lifecycle.set_frozen(competition, not args.undo)
    print("Entries and picks are taken again." if args.undo else "Frozen. Next: leaderboard reveal")
    return 0


def run_reveal(args: argparse.Namespace) -> int:
    """Print the private standings; from now on everyone may see them."""
    from leaderboard import lifecycle

    competition = common.open_competition(args)
    rows = [moved_row(move, competition.rules.timezone) for move in lifecycle.reveal(competition)]
    print_rows(rows, common.standing_columns(args.format, "change"), args.format)
    if args.format == "table":
        print("Private standings; change: places won since the public ones. Next: leaderboard publish OUT")
    return 0


def run_rescore(args: argparse.Namespace) -> int:
    """Print only what moved."""
    from leaderboard import lifecycle

    competition = common.open_competition(args)
    public, private = lifecycle.rescore(competition, args.solution)
    columns = ("part", "rank", "change", "teamName", "score", "before")
    rows = [
        {
            "part": part,
            "rank": move.after.rank,
            "change": move.change,
            "teamName": move.after.team.name,
            "score": move.after.score.value,
            "before": move.before.score.value if move.before else None,
        }
        for part, moves in (("public", public), ("private", private))
        for move in moves
        if move.before is None or move.after.score != move.before.score or move.change
    ]
    print_rows(rows, columns, args.format)
    if args.format == "table":
        print(f"{len(rows)} places or scores moved; the old scores are kept. Next: leaderboard publish OUT")
    return 0


def run_audit(args: argparse.Namespace) -> int:
    """Exit code 1 when something was changed."""
    from leaderboard import audit
    from leaderboard.errors import LeaderboardError
    from leaderboard.verification import verify

    competition = common.open_competition(args)
    if args.action == "log":
        return _print_log(competition, args.format)
    try:
        noted = audit.parse_head(args.head) if args.head else None
    except ValueError as error:
        raise LeaderboardError(f"--head: {error}") from None
    verdict = verify(competition, noted, again=args.scores)
    if args.format == "json":
        fields = {"intact": not verdict.faults, "faults": verdict.faults, "notes": verdict.notes}
        print_json({**fields, "head": str(verdict.head)})
    else:
        for line in [*(f"note: {note}" for note in verdict.notes), *(f"FAULT: {fault}" for fault in verdict.faults)]:
            print(line)
        state = f"{len(verdict.faults)} faults" if verdict.faults else "intact"
        print(f"{state}: {verdict.head.count} log entries, {verdict.entries} submissions; head {verdict.head}")
    return 1 if verdict.faults else 0


def _print_log(competition, form: str) -> int:
    import sqlalchemy as sa

    from leaderboard import store
    from leaderboard.clock import shown

    with competition.reading() as connection:
        events = connection.execute(sa.select(store.audit).order_by(store.audit.c.number)).all()
    zone = competition.rules.timezone
    rows = [{"number": e.number, "date": shown(e.at, zone), "event": e.event, "payload": e.payload} for e in events]
    print_rows(rows, ("number", "date", "event", "payload"), form)
    return 0


def run_publish(args: argparse.Namespace) -> int:
    """Write the page and say where it is."""
    from leaderboard.page.publish import publish

    competition = common.open_competition(args)
    competition.log_rules()
    pages = publish(competition, args.out)
    print(f"{pages[0]}: open it in a browser, or copy {args.out} to a web server.")
    if len(pages) > 1:
        print(f"{len(pages) - 1} teams' own pages: leaderboard team list shows which is whose.")
    return 0
