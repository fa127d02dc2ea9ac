"""Reading a worked example out of a Markdown lesson, with what was assumed and what was left over."""

from chainrule.ask.lessons.reader import LessonReading as LessonReading
from chainrule.ask.lessons.reader import read as read
