"""Own parts by name: `./mynet.py:Net` from a file, `package.module:Net` from an importable module."""

import hashlib
import importlib
import importlib.util
import sys
import sysconfig
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.core.errors import UserError
from pipeline.core.files import path_of

# The attribute of a loaded file's module that lists the neighbouring files that it imported.
BESIDE = "__beside__"
KIT = ("pipeline", "leaderboard")


def is_own(name: str) -> bool:
    """Whether a name refers to somebody's own code, and not to a registry of this kit."""
    return ":" in name and not name.startswith("timm:")


def is_file(name: str) -> bool:
    """Whether the name of an own part refers to a file, not to an importable module."""
    return name.rpartition(":")[0].endswith(".py")


def load(name: str, key: str) -> Any:
    """The class, function or object of a name; importing its module runs its code.

    Args:
        name: FILE.py:OBJECT or package.module:OBJECT.
        key: the recipe's key with this value, for messages.

    Raises:
        UserError: no such file, module or object, or the module raises an error when imported.
    """
    module, attribute = module_of(name, key), name.rpartition(":")[2]
    if not hasattr(module, attribute):
        public = [each for each in vars(module) if not each.startswith("_")]
        near = get_close_matches(attribute, public, n=3, cutoff=0.3) or public[:5]
        raise UserError(f"{key} is {name!r}: there is no {attribute!r} in it; it has {', '.join(near)}")
    return getattr(module, attribute)


def module_of(name: str, key: str) -> ModuleType:
    """The module of a part, imported once per process and content; raises UserError if it cannot be imported."""
    place = name.rpartition(":")[0]
    if not is_file(name):
        return _imported(place, f"{key} is {name!r}", lambda: importlib.import_module(place))
    path = path_of(place).resolve()
    if not path.is_file():
        raise UserError(f"{key} is {name!r}: no such file; write ./FILE.py:CLASS")
    digest = hashlib.sha256(bytes(path) + path.read_bytes()).hexdigest()[:12]
    known = f"own_{path.stem}_{digest}"
    return sys.modules.get(known) or _imported(path.name, f"{key} is {name!r}", lambda: _from_file(path, known))


def _from_file(path: Path, known: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(known, path)
    assert spec is not None, "a Python file has a loader"
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Registered before it runs, as in every import: dataclasses and pickle look up their module.
    sys.modules[known] = module
    # Neighbouring files can be imported by name, as if this file had been started as a script.
    sys.path.insert(0, str(path.parent))
    hidden = {each: sys.modules.pop(each) for each in list(sys.modules) if _lies_in(each.split(".")[0], path.parent)}
    before = set(sys.modules)
    try:
        spec.loader.exec_module(module)
        module.__dict__[BESIDE] = _take_out(set(sys.modules) - before, path.parent)
    except BaseException:
        del sys.modules[known]
        raise
    finally:
        sys.path.remove(str(path.parent))
        sys.modules.update(hidden)
    return module


def _lies_in(top: str, folder: Path) -> bool:
    """Whether a module name would be imported from the folder, so that another module of that name is the wrong one."""
    return top not in KIT and ((folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file())


def _take_out(names: set[str], folder: Path) -> list[Path]:
    """Forget the modules that were imported from the folder, so that another part gets its own; return their files."""
    found = {}
    for name in names:
        file = getattr(sys.modules[name], "__file__", None)
        if (
            file
            and name.split(".")[0] not in KIT
            and Path(file).is_absolute()
            and Path(file).resolve().is_relative_to(folder)
        ):
            found[name] = Path(file).resolve()
    beside = {name: file for name, file in found.items() if "site-packages" not in file.parts}
    for name in beside:
        if not name.startswith("own_"):
            del sys.modules[name]
    return sorted(set(beside.values()))


def files_of(name: str, key: str) -> tuple[Path, list[Path]]:
    """The folder of a part's code, and its files in it; no files for an installed package."""
    module = module_of(name, key)
    file = getattr(module, "__file__", None)
    if file is None:
        return Path(), []
    path = Path(file).resolve()
    if is_file(name):
        return path.parent, sorted({path, *vars(module)[BESIDE]})
    top = module.__name__.split(".")[0]
    root = path.parents[module.__name__.count(".") + (path.name == "__init__.py")]
    installed = [Path(sysconfig.get_path(kind)).resolve() for kind in ("stdlib", "purelib", "platlib")]
    if any(root.is_relative_to(place) for place in installed) or top in KIT:
        return root, []
    package = [each for name, each in list(sys.modules.items()) if name.split(".")[0] == top]
    places = [getattr(each, "__file__", None) for each in package]
    return root, sorted({Path(place).resolve() for place in places if place})


def _imported(what: str, where: str, load) -> ModuleType:
    here, writes = str(Path.cwd()), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # leave the code in a run folder as it is
    added = here not in sys.path
    if added:  # `python -m pipeline` adds it to the path, the installed command does not
        sys.path.append(here)
    try:
        return load()
    except Exception as error:
        line = _line_of(error, what)
        raise UserError(f"{where}: importing it failed{line}: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = writes
        if added:
            sys.path.remove(here)


def _line_of(error: Exception, what: str) -> str:
    """The line of the user's file in which an error occurred, if any."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f" (line {error.lineno})"
    trace, line = error.__traceback__, ""
    while trace:
        if Path(trace.tb_frame.f_code.co_filename).name == what:
            line = f" (line {trace.tb_lineno})"
        trace = trace.tb_next
    return line
