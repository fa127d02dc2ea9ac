"""Reading worked examples out of lessons, with what was assumed and what was left over."""

from chainrule.ask.lessons.reader import LessonReading as LessonReading
from chainrule.ask.lessons.reader import parse as parse
from chainrule.ask.lessons.reader import read as read
