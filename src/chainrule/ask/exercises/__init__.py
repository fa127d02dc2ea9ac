"""Exercises: worksheets with friendly numbers, their answer keys, and the marking of filled-in sheets."""

from chainrule.ask.exercises.exercise import PARTS as PARTS
from chainrule.ask.exercises.exercise import Exercise as Exercise
from chainrule.ask.exercises.exercise import exercise as exercise
from chainrule.ask.exercises.marking import Marking as Marking
from chainrule.ask.exercises.marking import mark as mark
