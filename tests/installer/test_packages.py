import environment
import packages
import pytest
from console import Stop

CUDA = [
    "filelock",
    'nvidia-cudnn-cu13==9.20.0.48; platform_system == "Linux"',
    'triton==3.7.1; platform_system == "Linux"',
]


def test_lock_is_read_without_its_comments(place):
    assert packages.pins(place.lock) == {"pip": "26.3", "torch": "2.13.0", "llama-cpp-python": "0.3.36"}


def test_pips_own_settings_decide_where_packages_come_from(fake_venv, calls):
    packages.pip(fake_venv(), ["install", "x"])
    assert calls.read_text() == "-m pip install x\n"


def test_filled_wheelhouse_is_used_instead_of_an_index(fake_venv, calls):
    place = fake_venv()
    (place.wheelhouse / "x-1-py3-none-any.whl").touch()
    packages.pip(place, ["install", "x"])
    assert calls.read_text() == f"-m pip install --no-index --find-links {place.wheelhouse} x\n"


def test_what_tests_need_comes_from_the_wheelhouse_only_where_all_of_it_lies_there(place):
    here = ["--no-index", "--find-links", str(place.wheelhouse)]
    place.test_lock.write_text("pytest==9.2.0\ntypes_PSUtil==7\n")
    (place.wheelhouse / "pytest-9.2.0-py3-none-any.whl").touch()
    assert packages.sources_of(place, place.test_lock) == []
    assert packages.sources_of(place, place.lock) == here
    (place.wheelhouse / "types_psutil-7-py3-none-any.whl").touch()
    assert packages.sources_of(place, place.test_lock) == here


def test_cuda_build_is_refused_where_there_is_no_gpu(fake_venv, torch_report):
    report = torch_report("2.13.0", CUDA)
    place = fake_venv(f"*--report*) cat {report};;")
    with pytest.raises(Stop, match="CUDA build of torch") as stop:
        packages.check_torch(place, has_gpu=False, allow_cuda=False)
    assert "PIP_FIND_LINKS" in stop.value.hint.words and "--allow-cuda" in stop.value.hint.words


@pytest.mark.parametrize("how", [{"has_gpu": True, "allow_cuda": False}, {"has_gpu": False, "allow_cuda": True}])
def test_cuda_build_is_taken_with_a_gpu_or_on_demand(fake_venv, torch_report, how, capsys):
    report = torch_report("2.13.0", CUDA)
    packages.check_torch(fake_venv(f"*--report*) cat {report};;"), **how)
    assert "torch 2.13.0 (CUDA build)" in capsys.readouterr().out


def test_cpu_build_is_taken_and_an_idle_gpu_is_mentioned(fake_venv, torch_report, capsys):
    report = torch_report("2.13.0+cpu", ["filelock", 'nvidia-thing; extra == "opt"'])
    packages.check_torch(fake_venv(f"*--report*) cat {report};;"), has_gpu=True, allow_cuda=False)
    said = capsys.readouterr().out
    assert "torch 2.13.0+cpu (no CUDA build)" in said
    assert "will not use" in said


def test_the_look_at_torch_downloads_and_installs_nothing(fake_venv, torch_report, calls):
    report = torch_report("2.13.0+cpu", [])
    packages.check_torch(fake_venv(f"*--report*) cat {report};;"), has_gpu=False, allow_cuda=False)
    assert "--dry-run --no-deps" in calls.read_text()


def test_cuda_packages_are_installed_with_a_cuda_torch_only(fake_venv, package, calls):
    place = fake_venv()
    with environment.held(place) as lock:
        info = package(place, "torch", "2.13.0+cpu", requires=("filelock",))
        packages.install_cuda(place, lock)
        assert calls.read_text() == ""
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0\nRequires-Dist: nvidia-nccl-cu13==2.29.7\n"
        )
        packages.install_cuda(place, lock)
    assert calls.read_text() == f"-m pip install --no-deps --require-hashes --requirement {place.cuda_lock}\n"


def test_the_build_of_torch_that_was_looked_at_is_the_one_installed(place):
    place.venv.mkdir()
    place.lock.write_text(
        "six==1 \\\n    --hash=sha256:00\ntorch==2.13.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )
    exact = packages.exact_lock(place, place.lock, "2.13.0+cpu").read_text()
    assert exact == place.lock.read_text().replace("torch==2.13.0 ", "torch===2.13.0+cpu ")


def test_a_lock_with_hashes_is_read(place):
    place.lock.write_text("# words\nsix==1.17.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\npip==26.3\n")
    assert packages.pins(place.lock) == {"six": "1.17.0", "pip": "26.3"}
    assert packages.blocks(place.lock)[0][2].count("--hash") == 2


def test_a_wheelhouse_brings_the_hashes_of_what_was_built_for_it(place):
    (place.wheelhouse / "a-1-py3-none-any.whl").touch()
    brought = place.wheelhouse / place.lock.name
    brought.write_text(place.lock.read_text())
    assert packages.locked(place, place.lock) == brought
    brought.write_text("pip==1.0\n")
    with pytest.raises(Stop, match="other versions"):
        packages.locked(place, place.lock)
    brought.unlink()
    assert packages.locked(place, place.lock) == place.lock


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk became full"),
        (
            "NewConnectionError: Failed to establish\nERROR: No matching distribution found for torch==2.13.0",
            "No package index",
        ),
        ("ERROR: No matching distribution found for peft==0.21.2", "peft==0.21.2 is missing where pip looks"),
        (
            "SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]\nERROR: No matching distribution found for pip==26.3",
            "does not trust",
        ),
        ("CMake Error: CMAKE_CXX_COMPILER not set\nERROR: Failed building wheel", "could not be built"),
        ("something new", "pip failed"),
    ],
)
def test_pips_failures_become_a_sentence_and_a_hint(place, output, expected):
    stop = packages.explain(output, place.log)
    assert expected in stop.message
    assert str(place.log) in stop.hint.words


def test_failing_pip_stops_the_installation_and_its_words_are_kept(fake_venv):
    place = fake_venv("*install*) echo 'no such thing as x'; exit 1;;")
    with pytest.raises(Stop):
        packages.pip(place, ["install", "x"])
    assert "no such thing as x" in place.log.read_text()


def test_what_is_built_here_is_left_out_of_what_pip_installs(place):
    place.venv.mkdir()
    assert "llama-cpp-python" not in packages.exact_lock(place, place.lock, "2.13.0+cpu").read_text()
    (place.wheelhouse / "llama_cpp_python-0.3.36-py3-none-any.whl").touch()
    assert "llama-cpp-python" in packages.exact_lock(place, place.lock, "2.13.0+cpu").read_text()
