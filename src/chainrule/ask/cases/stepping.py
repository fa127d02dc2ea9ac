"""A case taken step by step by its rules, for a session."""

from dataclasses import dataclass, replace

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.descent import Step, step
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.engine.session import TrainingMoment


@dataclass(frozen=True, eq=False)
class CaseStride:
    """A step of a case, from a moment of its training."""

    case: Case
    moment: TrainingMoment
    step: Step

    @property
    def loss(self) -> float:
        return self.step.loss

    @property
    def successor(self) -> TrainingMoment | None:
        """The moment after the update; none where there is no learning rate."""
        if not self.step.updated:
            return None
        parameters = {name: new.array for name, new in self.step.updated.items()}
        memory = {name: new.array for name, new in self.step.memory.items()}
        return TrainingMoment(self.moment.updates + 1, {**self.moment.parameters, **parameters}, memory)

    @property
    def world(self) -> Trajectory:
        """The case as it is at the moment, with this step as its next."""
        case = replace(
            self.case,
            parameters=self.moment.parameters,
            memory=self.moment.memory,
            updates=self.case.updates + self.moment.updates,
        )
        return Trajectory(case, _steps={0: self.step})


@dataclass(frozen=True, eq=False)
class CaseStepper:
    """Steps of a case by its rules and its convention."""

    case: Case

    @property
    def start(self) -> TrainingMoment:
        """Before the first update."""
        return TrainingMoment(0, self.case.parameters, self.case.memory)

    def stride(self, moment: TrainingMoment) -> CaseStride:
        return CaseStride(
            self.case, moment, step(self.case, moment.parameters, moment.updates, moment.memory)
        )
