"""Plants what was chosen while the world lives, and says afterwards what was planted."""

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np

from perito_simulator.batch import Batch
from perito_simulator.demand import Demand
from perito_simulator.entities import World
from perito_simulator.faults.catalogue import FAULTS
from perito_simulator.faults.ground import Ground, Plant, money_of
from perito_simulator.faults.kind import Kind
from perito_simulator.faults.strength import Strength
from perito_simulator.hooks import Hooks, Moment
from perito_simulator.masters import CURRENCY
from perito_simulator.oddities.catalogue import ODDITIES
from perito_simulator.stock import Stock
from perito_simulator.styles import targets_of
from perito_simulator.truth import Fault, Habit, Oddity, Truth


class Planter(Hooks):
    """`faults` and `oddities` are numbers by kind, see `faults.catalogue.chosen`. One planter plants in one world.
    `strength` makes every fault as strong as a measurement wants it."""

    def __init__(
        self, faults: Mapping[str, int], oddities: Mapping[str, int], strength: Strength | None = None
    ) -> None:
        self.wanted = {**faults, **oddities}
        self._strength = strength
        self._kinds: list[Kind] = []
        self._ground: Ground | None = None

    @property
    def ground(self) -> Ground:
        """What stands where. Raises RuntimeError before the world is there."""
        if self._ground is None:
            raise RuntimeError("there is no world yet")
        return self._ground

    def begin(self, world: World, demand: Demand, chance: np.random.Generator) -> None:
        """Each kind draws from a stream of its own, so that one more kind changes no other's choices of days."""
        self._ground = Ground(world, demand, self._strength)
        root = int(chance.integers(0, 2**32))
        for name, kind in (*FAULTS.items(), *ODDITIES.items()):
            if self.wanted.get(name):
                own = np.random.Generator(np.random.PCG64([root, crc32(name.encode())]))
                self._kinds.append(kind(self._ground, self.wanted[name], own))

    def masters(self, batch: Batch) -> None:
        """See `Hooks`."""
        for kind in self._kinds:
            kind.masters(batch)

    def physical(self, day: int, moment: Moment, stock: Stock) -> None:
        """See `Hooks`."""
        self.ground.have(stock)
        for kind in self._kinds:
            kind.physical(day, moment)

    def decide(self, day: int, batch: Batch, stock: Stock) -> None:
        """See `Hooks`."""
        self.ground.have(stock)
        for kind in self._kinds:
            kind.on("decide", day, batch)

    def enter(self, day: int, batch: Batch, stock: Stock) -> None:
        """See `Hooks`."""
        self.ground.have(stock)
        for kind in self._kinds:
            kind.on("enter", day, batch)

    def export(self, day: int, batch: Batch) -> None:
        """See `Hooks`."""
        for kind in self._kinds:
            kind.on("export", day, batch)

    def noted(self, instance: int, file: str, record: int) -> None:
        """See `Hooks`."""
        self.ground.noted(instance, file, record)

    def planted(self) -> dict[str, int]:
        """How many plants each chosen kind has."""
        names = [plant.kind for plant in self.ground.plants]
        return {name: names.count(name) for name in self.wanted}

    def truth(self, seed: int, style: str, rows: Mapping[str, int], habits: Sequence[Habit] = ()) -> Truth:
        """All that was planted and the style's habits, once the books are written."""
        plants = self.ground.plants
        written = {(t.feed.name, column.name) for t in targets_of(style, self.ground.world) for column in t.columns}
        shown = {name for name, kind in FAULTS.items() if kind.shown_by is None or kind.shown_by in written}
        faults = [self._fault(place, plant) for place, plant in enumerate(plants, 1) if plant.kind in shown]
        oddities = [self._oddity(place, plant) for place, plant in enumerate(plants, 1) if plant.kind in ODDITIES]
        return Truth(seed, style, rows, tuple(faults), tuple(oddities), tuple(habits))

    def _oddity(self, place: int, plant: Plant) -> Oddity:
        days, rows = self.ground.days_of(plant), tuple(sorted(plant.rows))
        return Oddity(f"O{place:04d}", plant.kind, plant.entities, ODDITIES[plant.kind].must_not, days, rows)

    def _fault(self, place: int, plant: Plant) -> Fault:
        kind, rows = FAULTS[plant.kind], sorted(plant.rows)
        file = {"file": rows[0].file} if plant.of_file and rows else {}
        return Fault(
            id=f"F{place:04d}",
            kind=plant.kind,
            rule=kind.rule,
            entities={**plant.entities, **file},
            currency=CURRENCY,
            money=money_of(plant.cents),
            no_money=kind.no_money,
            also=kind.also,
            days=self.ground.days_of(plant),
            rows=tuple(rows),
            rows_count=max(len(rows), plant.touched),
            goods=self.ground.goods_of(plant),
        )
