"""When a worker is well, ill or hanging, seen from outside its event loop."""

from __future__ import annotations

import pytest

from pipelines import clock
from pipelines.agents import watch as watching
from pipelines.agents.folding import Folding
from pipelines.agents.watch import Watch
from pipelines.errors import Fatal, Retriable
from pipelines.settings import load_settings
from tests.agents.test_folding import Bench


class Scene:
    """A watch over a folding in memory, a clock moved by hand, and a broker that tells what it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1_000.0
        self.ends: dict[int, int] | None = {0: 1, 1: 1}
        monkeypatch.setattr(clock, "monotonic_s", lambda: self.now_s)
        monkeypatch.setattr(watching, "end_offsets", lambda _: self._ends())
        monkeypatch.setattr(watching, "committed_offsets", lambda _: {0: 1, 1: 1})
        self.bench = Bench()
        self.folding: Folding = self.bench.folding
        self.ended: list[Fatal] = []
        self.watch = Watch(load_settings({}), self.folding, end=self.ended.append)

    def pass_time(self, seconds: int, *, turning: bool = True) -> None:
        """Let time pass as the loop and the look find it."""
        for _ in range(seconds // 10):
            self.now_s += 10
            if turning:
                self.watch.turned()
            self.watch._look()

    def _ends(self) -> dict[int, int]:
        if self.ends is None:
            raise Retriable("no broker answers")
        return self.ends


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def test_an_idle_worker_is_well(scene: Scene) -> None:
    scene.folding.assign({0, 1})
    scene.pass_time(3_600)
    assert scene.watch.ailment() is None


def test_records_that_nobody_folds_make_it_ill_though_no_state_was_ever_read(scene: Scene) -> None:
    scene.folding.assign({0, 1})
    scene.ends = {0: 1, 1: 8}
    scene.pass_time(80)
    assert scene.watch.ailment() == "partition 1 has stood for 70 s though 7 records wait"
    assert scene.folding.figures.lag == {0: 0, 1: 7}


def test_a_group_that_gives_nothing_makes_it_ill_and_an_empty_share_does_not(scene: Scene) -> None:
    scene.folding.assign(set())
    scene.pass_time(300)
    assert scene.watch.ailment() is None
    scene.folding.revoke()
    scene.pass_time(70)
    assert scene.watch.ailment() == "the group has given no partitions for 70 s"


def test_a_loop_that_does_not_turn_makes_it_ill(scene: Scene) -> None:
    scene.folding.assign({0})
    scene.pass_time(70, turning=False)
    assert scene.watch.ailment() == "the event loop has not turned for 70 s"


def test_a_broker_that_does_not_answer_is_no_fault_of_the_worker(scene: Scene) -> None:
    scene.folding.assign({0, 1})
    scene.ends = {0: 1, 1: 8}
    scene.pass_time(50)
    scene.ends = None
    scene.pass_time(600)
    assert scene.watch.ailment() is None


def test_while_the_store_refuses_it_is_ill_but_not_ended(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BEAT_EVERY_S", 0.001)
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 600)
    scene.folding.assign({0, 1})
    scene.ends = {0: 1, 1: 8}
    scene.bench.store.refused_s = 200.0
    scene.pass_time(200)
    assert scene.watch.ailment() == "ClickHouse has refused for 200 s; the worker tries again"
    scene.watch.start()
    assert not scene.watch._threads[0].join(0.1)
    assert scene.ended == []
    scene.bench.store.refused_s = 0.0
    scene.watch._threads[0].join(5)
    assert [str(each) for each in scene.ended] == [
        "it hangs: partition 1 has stood for 190 s though 7 records wait"
    ]
    scene.watch.stop()


@pytest.mark.parametrize(("stood", "ended"), [(500, False), (700, True)])
def test_a_partition_may_wait_longer_for_its_turn_while_others_move(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, stood: int, ended: bool
) -> None:
    monkeypatch.setattr(watching, "BEAT_EVERY_S", 0.001)
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 600)
    monkeypatch.setattr(watching, "committed_offsets", lambda _: {0: int(scene.now_s), 1: 1})
    scene.folding.assign({0, 1})
    scene.ends = {0: 9_000, 1: 8}
    scene.pass_time(stood)
    assert scene.watch.ailment() == f"partition 1 has stood for {stood - 10} s though 7 records wait"
    scene.watch.start()
    scene.watch._threads[0].join(5 if ended else 0.1)
    assert len(scene.ended) == ended
    scene.watch.stop()
