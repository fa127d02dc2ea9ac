"""ELU: a = z where z > 0, alpha (e^z − 1) elsewhere."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Array, Function, Number, number, path
from chainrule.rules.protocols import Activation, Words, written


@dataclass(frozen=True)
class ELU(Activation):
    """a = z if z > 0 else α(e^z − 1); da/dz = 1 or α e^z; α at the kink, as torch takes it."""

    alpha: float = 1.0

    rectifier: ClassVar[bool] = True

    @property
    def words(self) -> Words:
        alpha = written(self.alpha)
        cases = r"\begin{cases} z & z > 0 \\ \alpha (e^z - 1) & z \le 0 \end{cases}"
        return Words(
            symbol="ELU",
            formula=f"a = z if z > 0 else α(eᶻ - 1), α = {alpha}",
            slope=f"da/dz = 1 if z > 0 else α eᶻ, α = {alpha}",
            latex=rf"a = {cases},\quad \alpha = {alpha}",
            source="Clevert, Unterthiner & Hochreiter 2016, eq. 15",
        )

    def value(self, z: Number) -> Number:
        def elu(z: Array) -> Array:
            xp = z.__array_namespace__()
            return xp.where(z > 0, z, self.alpha * xp.expm1(xp.minimum(z, 0)))

        return number(
            self.out, path("...j->...j", z), through=Function("ELU({})", r"\operatorname{{ELU}}({})", elu)
        )

    def slope(self, z: Number, a: Number) -> Number:
        def slope(z: Array) -> Array:
            xp = z.__array_namespace__()
            return xp.where(z > 0, xp.ones_like(z), self.alpha * xp.exp(xp.minimum(z, 0)))

        function = Function("ELU'({})", r"\operatorname{{ELU}}'({})", slope)
        return number(self.slope_name(z), path("...j->...j", z), through=function)
