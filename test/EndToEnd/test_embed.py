"""The examples that embed Flex, built by find_package(Flex) from an install tree, as an application would."""

import subprocess
import sys

import pytest
from conftest import BUILD, ROOT


def run(*words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=600, check=False, **more)
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


@pytest.fixture(scope="module")
def embed(tmp_path_factory):
    """The folder with the two programs."""
    folder = tmp_path_factory.mktemp("embed")
    run("cmake", "--install", BUILD, "--prefix", folder / "prefix")
    run("cmake", "-S", ROOT / "examples" / "embed", "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={folder / 'prefix'}", "-G", "Ninja",
        "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
    run("cmake", "--build", folder / "build")
    return folder


def test_c_program(embed, flexc):
    out = run(embed / "build" / "embed-c", ROOT / "examples" / "embed" / "kernels.flex", env=flexc.env)
    assert "axpy of 1000 elements on " in out and ": 0 wrong" in out
    assert "the same with x and y bound: 1 arguments left, 0 wrong" in out


def test_cpp_program(embed, flexc):
    out = run(embed / "build" / "embed-cpp", ROOT / "examples" / "embed" / "kernels.flex", env=flexc.env)
    assert "softmax: x is f32[M, N]" in out
    assert "softmax of 30 rows: 0 wrong" in out


def test_installed_flexc_runs(embed, flexc):
    out = run(embed / "prefix" / "bin" / "flexc", "run", f"{ROOT / 'examples' / 'embed' / 'kernels.flex'}:axpy", "a=2", "x=[1, 2]", "y=[1, 1]",
              env=flexc.env)
    assert "[3. 5.]" in out


def test_installed_python_package_finds_its_library(embed, flexc):
    source = "import flex; print(flex.loads('kernel double(x: f32) -> f32 { return 2 * x }').double(21), flex.__file__)"
    env = {**flex_free(flexc.env), "PYTHONPATH": str(embed / "prefix" / "lib" / "python3" / "dist-packages")}
    assert "42.0 " + str(embed / "prefix") in run(sys.executable, "-c", source, env=env, cwd=embed)


def flex_free(env):
    return {key: value for key, value in env.items() if key != "FLEX_LIBRARY"}


def test_errors_reach_the_program(embed, flexc, tmp_path):
    broken = tmp_path / "broken.flex"
    broken.write_text("kernel axpy(x: f32[N]) -> f32[N] { return y }")
    done = subprocess.run([embed / "build" / "embed-c", broken], capture_output=True, text=True, env=flexc.env, check=False)
    assert done.returncode == 1
    assert "error:" in done.stderr and "broken.flex:1:43" in done.stderr
