import json
import subprocess
import sys

import environment
import pytest
from console import Stop


def test_whole_environment_is_kept(fake_venv):
    place = fake_venv()
    environment.make(place)
    assert "calls.txt" in place.python.read_text()  # still the fake: nothing was made anew


@pytest.mark.parametrize(
    "damage", ["no configuration", "no pip", "pip cut off", "moved", "python gone", "old python", "new python"]
)
def test_half_made_environment_is_made_anew(fake_venv, package, damage):
    place = fake_venv()
    config = place.venv / "pyvenv.cfg"
    if damage == "no configuration":
        config.unlink()
    elif damage == "no pip":
        (place.site / "pip-26.3.dist-info").rename(place.site / "other-1.0.dist-info")
    elif damage == "pip cut off":
        (place.site / "pip-26.3.dist-info" / "RECORD").write_text("pip/__init__.py,,\n")
    elif damage == "moved":
        config.write_text("version = 3.11.7\ncommand = /usr/bin/python3 -m venv /somewhere/else/.venv\n")
    elif damage == "python gone":
        place.python.unlink()
    elif damage == "old python":
        config.write_text(f"version = 3.10.2\ncommand = /usr/bin/python3 -m venv {place.venv}\n")
    elif damage == "new python":
        config.write_text(f"version = 3.13.0\ncommand = /usr/bin/python3 -m venv {place.venv}\n")
    assert not environment.is_usable(place)


@pytest.mark.slow
def test_unusable_environment_is_replaced_by_one_that_works(place):
    place.venv.mkdir()
    (place.venv / "pyvenv.cfg").write_text("home = /nowhere\n")
    environment.make(place)
    assert environment.is_usable(place)
    assert not environment.half_installed(place.site)
    done = subprocess.run(
        [str(place.python), "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(place.venv)


def test_packages_that_were_cut_off_are_forgotten_and_whole_ones_stay(fake_venv, package):
    place = fake_venv()
    whole = package(place, "numpy", "2.4.6")
    cut_off = package(place, "torch", "2.13.0", is_whole=False)
    without_record = package(place, "spacy", "3.8.18")
    (without_record / "RECORD").unlink()
    leftover = place.site / "~andas-3.1.0.dist-info"
    leftover.mkdir()
    assert environment.mend(place.site) == [without_record.name, cut_off.name]
    assert whole.exists()
    assert not cut_off.exists() and not without_record.exists() and not leftover.exists()
    assert environment.installed_version(place, "torch") == ""


def test_local_part_of_a_version_does_not_count(fake_venv, package):
    place = fake_venv()
    package(place, "torch", "2.13.0+cpu")
    assert environment.installed_version(place, "torch") == "2.13.0"


@pytest.mark.parametrize("changed", ["installer/requirements.lock", "installer/models.json", "pyproject.toml"])
def test_stamp_holds_until_a_pin_changes(fake_venv, changed):
    place = fake_venv()
    assert not environment.is_complete(place)
    environment.mark_complete(place, for_tests=False)
    assert environment.is_complete(place)
    with (place.root / changed).open("a") as file:
        file.write(" ")
    assert not environment.is_complete(place)


def test_installation_for_tests_is_a_matter_of_its_own(fake_venv):
    place = fake_venv()
    environment.mark_complete(place, for_tests=False)
    assert not environment.is_complete(place, for_tests=True)


def test_garbled_stamp_counts_as_none(fake_venv):
    place = fake_venv()
    environment.mark_complete(place, for_tests=False)
    environment.stamp_file(place, for_tests=False).write_text('{"finger')
    assert not environment.is_complete(place)


def test_stamp_says_what_it_was_made_from(fake_venv):
    place = fake_venv()
    environment.mark_complete(place, for_tests=False)
    stamp = json.loads(environment.stamp_file(place, for_tests=False).read_text())
    assert stamp == {"fingerprint": environment.fingerprint(place, for_tests=False)}


def test_second_installer_waits_for_the_first(place):
    program = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1])\n"
        "import environment\n"
        "with environment.held(environment.Place(pathlib.Path(sys.argv[2]))): print('in')"
    )
    command = [sys.executable, "-c", program, str(environment.__file__).rpartition("/")[0], str(place.root)]
    with environment.held(place):
        second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        waiting = second.stdout.readline()
        assert second.poll() is None
    rest, _ = second.communicate()
    assert "waiting" in waiting
    assert rest == "in\n"


def test_other_pythons_variables_do_not_reach_pip_but_its_own_settings_do(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels")
    child = environment.child_environment()
    assert "PYTHONPATH" not in child
    assert child["PIP_FIND_LINKS"] == "/wheels"


def test_failing_venv_is_one_sentence(place, monkeypatch):
    monkeypatch.setattr(environment, "parent_python", lambda: "/bin/false")
    with pytest.raises(Stop, match="could not make"):
        environment.make(place)
