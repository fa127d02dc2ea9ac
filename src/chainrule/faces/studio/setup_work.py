"""The work that settings ask for: with all numbers where data and network are small, else with pictures."""

from chainrule.ask.cases.case import Case
from chainrule.engine.training.options import start_of
from chainrule.engine.training.rewind import update_rule
from chainrule.faces.studio.case_work import CaseWork
from chainrule.faces.studio.learning_data import LearningData
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.studio.network_setup import NetworkSetup, form
from chainrule.faces.studio.sources import Source, is_small
from chainrule.rules.updates.gradient_descent import GradientDescent


def work_on_setup(setup: NetworkSetup, data: LearningData) -> CaseWork | LearningWork:
    """A network as the settings have it, at its start.

    Raises:
        InputError: it is too large, or its parts do not fit together.
    """
    job = setup.task(data)
    case = Case(
        title=data.label,
        network=job.network,
        parameters=start_of(job.network, job.data, None, setup.seed),
        x=data.x,
        t=data.t,
        learning_rate=setup.rate,
        optimizer=update_rule(setup.optimizer) or GradientDescent(),
    )
    is_whole = not len(data.held_out) and job.batch_size == len(data.x)
    if is_whole and is_small(case):
        return CaseWork(Source(data.name, data.label, case, row=1), setup.seed, form(setup, data))
    return LearningWork(setup, data)
