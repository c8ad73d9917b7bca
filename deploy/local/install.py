"""Make .venv what the locks say: `python3 deploy/local/install.py [--test] [--node]`.

Runs under whatever python3 the machine has, so it uses the standard library alone and no syntax
that an old Python cannot read. What is already installed costs nothing: a stamp holds the hash of
what was asked for.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PLACE = VENV / "place"
LEAST = (3, 11)
NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
LOCKS = (
    (None, "requirements.lock"),
    ("--test", "requirements-test.lock"),
    ("--node", "requirements-node.lock"),
)
MEMBERS = ("shared", "services/*", "gateway", "deploy/local")
ROWS_SHOWN = 15

UNREACHABLE = (
    "No matching distribution",
    "NewConnectionError",
    "Max retries exceeded",
    "ConnectTimeout",
    "Temporary failure in name resolution",
    "ReadTimeoutError",
    "Connection refused",
)
REMEDIES = (
    (("No space left",), "The disk is full: free about 1 GB, then run the same command again."),
    (("Permission denied",), "{venv} cannot be written: run as its owner, or delete it."),
    (
        ("THESE PACKAGES DO NOT MATCH THE HASHES",),
        "The package index serves other files than the lock names: check the index you use.",
    ),
    (
        UNREACHABLE,
        "The package index cannot be reached or lacks what the lock names: check the network and "
        "pip's settings (PIP_INDEX_URL, pip.conf, proxy), then run the same command again.",
    ),
)


def main(arguments):
    """Install what is missing; exits with one sentence when that cannot be done."""
    ensure_python(arguments)
    locks = [lock for flag, lock in LOCKS if flag is None or flag in arguments]
    try:
        with open(__file__, "rb") as this:
            fcntl.flock(this, fcntl.LOCK_EX)
            install(locks)
    except KeyboardInterrupt:
        sys.exit(130)
    except PermissionError as error:
        sys.exit(explain("Permission denied " + str(error.filename)))
    except OSError as error:
        sys.exit(explain("No space left") if error.errno == 28 else str(error))


def ensure_python(arguments):
    """Go on under a Python that is new enough, or say what to install."""
    if sys.version_info >= LEAST:
        return
    for name in NAMES:
        found = shutil.which(name)
        if found and runs(found):
            os.execv(found, [found, __file__, *arguments])  # noqa: S606 - no shell is wanted
    sys.exit(
        "Python 3.11 or newer is needed, this is {}.{}: install one (Debian 12 and newer: "
        "apt-get install python3 python3-venv).".format(*sys.version_info[:2])
    )


def runs(python):
    """Whether it is a Python and not the stand-in of a version manager that has none."""
    done = subprocess.run([python, "-c", ""], stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def install(locks):
    wanted = {name: digest(name) for name in locks}
    missing = [name for name in locks if stamp(name) != wanted[name]]
    if not usable():
        create()
        missing = locks
    if missing:
        run_pip(missing)
        for name in missing:
            stamp_file(name).write_text(wanted[name])
    link_members()


def digest(lock):
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def stamp_file(lock):
    return VENV / ("installed-" + lock)


def stamp(lock):
    return stamp_file(lock).read_text() if stamp_file(lock).exists() else None


def usable():
    """Whether the environment works, was made at this very place and by this version of Python."""
    if not PYTHON.exists() or not PLACE.exists() or PLACE.read_text() != str(VENV):
        return False
    ask = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run([str(PYTHON), "-c", ask], stdout=subprocess.PIPE, check=False)
    return done.stdout.decode() == "{} {}\n".format(*sys.version_info[:2])


def create():
    if importlib.util.find_spec("venv") is None or not can_bring_pip():
        sys.exit(
            "This Python cannot make a virtual environment: install its venv module "
            "(Debian, as root: apt-get install python3-venv)."
        )
    say("Python: making .venv with Python {}.{}.{} …".format(*sys.version_info[:3]))
    without = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
    command = [sys.executable, "-m", "venv", "--clear", *without, str(VENV)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(explain(done.stdout.decode(errors="replace")))
    PLACE.write_text(str(VENV))


def can_bring_pip():
    return importlib.util.find_spec("ensurepip") or importlib.util.find_spec("pip")


def pip():
    """The pip of the environment, or the one beside a Python that has no ensurepip."""
    if (VENV / "bin" / "pip").exists():
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def run_pip(locks):
    count = sum((ROOT / lock).read_text().count("==") for lock in locks)
    say("Python: installing {} packages from {} …".format(count, " and ".join(locks)))
    command = [*pip(), "install", "--require-hashes", "--disable-pip-version-check", "--no-input"]
    command += ["--retries", "2", "--progress-bar", "off"]
    for lock in locks:
        command += ["-r", str(ROOT / lock)]
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    rows = follow(process.stdout, count)
    if process.wait():
        sys.exit(explain("\n".join(rows)))
    say("Python: installed in {:.0f} s.".format(time.monotonic() - started))


def follow(output, count):
    """Read pip's lines, telling every few seconds how far it is."""
    rows, collected, told = [], 0, time.monotonic()
    for raw in output:
        row = raw.decode(errors="replace").rstrip()
        rows.append(row)
        collected += row.startswith("Collecting ")
        if time.monotonic() - told > 10:
            told = time.monotonic()
            unpacking = row.startswith("Installing")
            say("Python: " + ("unpacking …" if unpacking else "{}/{} …".format(collected, count)))
    return rows


def link_members():
    """One .pth file puts the sources of every member on the path: an edit needs no installation."""
    sources = [str(path / "src") for pattern in MEMBERS for path in sorted(ROOT.glob(pattern))]
    target = next((VENV / "lib").glob("python3*/site-packages")) / "tanggap.pth"
    content = "\n".join(sources) + "\n"
    if not target.exists() or target.read_text() != content:
        target.write_text(content)


def explain(text):
    for signs, remedy in REMEDIES:
        if any(sign in text for sign in signs):
            return remedy.format(venv=VENV)
    last = "\n".join(text.splitlines()[-ROWS_SHOWN:])
    return last + "\nThe environment could not be made: the lines above say why."


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
