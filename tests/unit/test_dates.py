"""Time phrases: a table of readings, and rules that hold for every text and every anchor."""

from __future__ import annotations

import string
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.rules import dates_fallback
from perdure.rules.dates import find
from perdure.rules.dates_lexicon import LEXICON

# text, with [the phrase] when it is not all of it | start | end | relation. Anchors are at 15:30 UTC of the day in the headline;
# "now" is the anchor.
TABLE = """
# anchor 2026-05-14 Thursday
What was my laptop issue [last week]? | 2026-05-04 | 2026-05-11 | at
I moved from Delhi to Bangalore [last month]. | 2026-04-01 | 2026-05-01 | at
I work there [since 2021] | 2021-01-01 | now | since
by the end of Q3 | now | 2026-10-01 | by
[next Friday] we meet | 2026-05-15 | 2026-05-16 | at
[yesterday morning] I ate | 2026-05-13T05:00 | 2026-05-13T12:00 | at
the day before yesterday | 2026-05-12 | 2026-05-13 | at
two weeks ago | 2026-04-27 | 2026-05-04 | at
[a couple of weeks ago], ok | 2026-04-27 | 2026-05-04 | at
two months back | 2026-03-01 | 2026-04-01 | at
in 3 days | 2026-05-17 | 2026-05-18 | at
3 weeks from now | 2026-06-01 | 2026-06-08 | at
within two weeks | now | 2026-05-28T15:30 | by
for the past 3 years | 2023-05-14 | now | since
over the last 6 months | 2025-11-14 | now | at
since last summer | 2025-06-01 | now | since
[since March] I am there | 2026-03-01 | now | since
until June | now | 2026-07-01 | until
through June | now | 2026-07-01 | until
by Friday | now | 2026-05-16 | by
before May 3 | 2026-05-02 | 2026-05-03 | before
after May 3 | 2026-05-04 | now | after
early 2023 | 2023-01-01 | 2023-05-01 | at
mid 2023 | 2023-05-01 | 2023-09-01 | at
late last year | 2025-09-01 | 2026-01-01 | at
end of the month | 2026-05-21 | 2026-06-01 | at
at the end of the month | 2026-05-21 | 2026-06-01 | at
Q1 2025 | 2025-01-01 | 2025-04-01 | at
in Q2 | 2026-04-01 | 2026-07-01 | at
the first week of May | 2026-05-01 | 2026-05-08 | at
2024-05-04 | 2024-05-04 | 2024-05-05 | at
2024-05-04T12:00:00Z | 2024-05-04T12:00 | 2024-05-04T13:00 | at
on May 4 | 2026-05-04 | 2026-05-05 | at
May 4th, 2024 | 2024-05-04 | 2024-05-05 | at
4 May 2024 | 2024-05-04 | 2024-05-05 | at
04/05/2024 | 2024-04-05 | 2024-04-06 | at
13/05/2024 | 2024-05-13 | 2024-05-14 | at
March 2024 | 2024-03-01 | 2024-04-01 | at
in 2019 | 2019-01-01 | 2020-01-01 | at
2019 | 2019-01-01 | 2020-01-01 | at
in the 90s | 1990-01-01 | 2000-01-01 | at
the 1990s | 1990-01-01 | 2000-01-01 | at
[on Monday] I bought milk | 2026-05-11 | 2026-05-12 | at
I'll see you [on Monday] | 2026-05-18 | 2026-05-19 | at
at 6pm | 2026-05-14T18:00 | 2026-05-14T19:00 | at
tomorrow at 6pm | 2026-05-15T18:00 | 2026-05-15T19:00 | at
6:30 pm tomorrow | 2026-05-15T18:30 | 2026-05-15T19:30 | at
every Monday | 2026-05-18 | 2026-05-19 | every
daily | 2026-05-14 | 2026-05-15 | every
weekly | 2026-05-11 | 2026-05-18 | every
Christmas | 2025-12-25 | 2025-12-26 | at
last Christmas | 2025-12-25 | 2025-12-26 | at
New Year's Eve | 2025-12-31 | 2026-01-01 | at
Thanksgiving | 2025-11-27 | 2025-11-28 | at
Easter 2024 | 2024-03-31 | 2024-04-01 | at
from May to July 2024 | 2024-05-01 | 2024-08-01 | at
between 2019 and 2021 | 2019-01-01 | 2022-01-01 | at
from 2019 to 2021 | 2019-01-01 | 2022-01-01 | at
2019-2021 | 2019-01-01 | 2022-01-01 | at
[gestern] war ich da | 2026-05-13 | 2026-05-14 | at
vor zwei Wochen | 2026-04-27 | 2026-05-04 | at
letzte Woche | 2026-05-04 | 2026-05-11 | at
seit 2021 | 2021-01-01 | now | since
nächsten Freitag | 2026-05-15 | 2026-05-16 | at
la semana pasada | 2026-05-04 | 2026-05-11 | at
desde 2021 | 2021-01-01 | now | since
el lunes pasado | 2026-05-11 | 2026-05-12 | at
hace dos semanas | 2026-04-27 | 2026-05-04 | at
mañana | 2026-05-15 | 2026-05-16 | at
depuis 2021 | 2021-01-01 | now | since
la semaine dernière | 2026-05-04 | 2026-05-11 | at
il y a deux semaines | 2026-04-27 | 2026-05-04 | at
l'année dernière | 2025-01-01 | 2026-01-01 | at
demain | 2026-05-15 | 2026-05-16 | at
ieri sera | 2026-05-13T18:00 | 2026-05-14T06:00 | at
due settimane fa | 2026-04-27 | 2026-05-04 | at
la settimana scorsa | 2026-05-04 | 2026-05-11 | at
ontem | 2026-05-13 | 2026-05-14 | at
semana passada | 2026-05-04 | 2026-05-11 | at
há duas semanas | 2026-04-27 | 2026-05-04 | at
[昨天]我去了 | 2026-05-13 | 2026-05-14 | at
上周 | 2026-05-04 | 2026-05-11 | at
去年 | 2025-01-01 | 2026-01-01 | at
上个月 | 2026-04-01 | 2026-05-01 | at
自2021年起 | 2021-01-01 | now | since
पिछले हफ्ते | 2026-05-04 | 2026-05-11 | at
कल | 2026-05-13 | 2026-05-14 | at
2021 से | 2021-01-01 | now | since
for three years now | 2023-05-14 | now | since
I've lived here [for three years] | 2023-05-14 | now | since
this weekend | 2026-05-16 | 2026-05-18 | at
last weekend | 2026-05-09 | 2026-05-11 | at
over the weekend | 2026-05-09 | 2026-05-11 | at
tonight | 2026-05-14T18:00 | 2026-05-15T06:00 | at
last night | 2026-05-13T18:00 | 2026-05-14T06:00 | at
the past week | 2026-05-07 | now | at
May 3-5, 2024 | 2024-05-03 | 2024-05-06 | at
3-5 May 2024 | 2024-05-03 | 2024-05-06 | at
a year and a half ago | 2024-11-01 | 2024-12-01 | at
half a year ago | 2025-11-01 | 2025-12-01 | at
summer 2023 | 2023-06-01 | 2023-09-01 | at
the summer of 2023 | 2023-06-01 | 2023-09-01 | at
December '23 | 2023-12-01 | 2024-01-01 | at
two years ago today | 2024-05-14 | 2024-05-15 | at
a week from Monday | 2026-05-25 | 2026-05-26 | at
the week after next | 2026-05-25 | 2026-06-01 | at
earlier this year | 2026-01-01 | now | at
later today | now | 2026-05-15 | at
on the 15th | 2026-04-15 | 2026-04-16 | at
Monday, May 4, 2024 | 2024-05-04 | 2024-05-05 | at
by the end of the year | now | 2027-01-01 | by
on weekends | 2026-05-16 | 2026-05-18 | every
every other Tuesday | 2026-05-19 | 2026-05-20 | every
every two weeks | 2026-05-11 | 2026-05-18 | every
in the last week | 2026-05-07 | now | at
May be good. This may be it. [In May] I left. | 2026-05-01 | 2026-06-01 | at
spring cleaning; the fall broke my arm; [last fall] | 2025-09-01 | 2025-12-01 | at
until the end of next month | now | 2026-07-01 | until
between May 3 and May 5 | 2026-05-03 | 2026-05-06 | at
from next week on | 2026-05-18 | 2026-05-25 | since
starting next month | 2026-06-01 | 2026-07-01 | since
im letzten Jahr | 2025-01-01 | 2026-01-01 | at
in the year 2021 | 2021-01-01 | 2022-01-01 | at
by 2027 | now | 2028-01-01 | by
We paid $1999 [in 2019], 2020 tokens | 2019-01-01 | 2020-01-01 | at
I have a dentist appointment [on June 3] | 2026-06-03 | 2026-06-04 | at
My birthday is [on May 4] | 2027-05-04 | 2027-05-05 | at
Emma's birthday is [May 20th] | 2026-05-20 | 2026-05-21 | at
my exam is [next Tuesday at 10am] | 2026-05-19T10:00 | 2026-05-19T11:00 | at
on Tuesday at 14:30 | 2026-05-12T14:30 | 2026-05-12T15:30 | at
The warranty [expires in March 2027] | now | 2027-04-01 | until
until 2025 | 2025-01-01 | 2026-01-01 | until
I lived there [until 2019] | 2019-01-01 | 2020-01-01 | until
valid through December 2026 | now | 2027-01-01 | until
a few days ago | 2026-05-11 | 2026-05-12 | at
about a year ago | 2025-01-01 | 2026-01-01 | at
over two years ago | 2024-01-01 | 2025-01-01 | at
in two weeks | 2026-05-25 | 2026-06-01 | at
5.7.2026 | 2026-07-05 | 2026-07-06 | at
am 5. Juli 2026 | 2026-07-05 | 2026-07-06 | at
el 4 de mayo de 2024 | 2024-05-04 | 2024-05-05 | at
le 4 mai 2024 | 2024-05-04 | 2024-05-05 | at
il 4 maggio 2024 | 2024-05-04 | 2024-05-05 | at
em maio de 2024 | 2024-05-01 | 2024-06-01 | at
in March last year | 2025-03-01 | 2025-04-01 | at
last March | 2026-03-01 | 2026-04-01 | at
next March | 2027-03-01 | 2027-04-01 | at
this March | 2026-03-01 | 2026-04-01 | at
this summer | 2026-06-01 | 2026-09-01 | at
next winter | 2026-12-01 | 2027-03-01 | at
this winter | 2026-12-01 | 2027-03-01 | at
in the summer | 2025-06-01 | 2025-09-01 | at
since the beginning of the year | 2026-01-01 | now | since
2026-05 | 2026-05-01 | 2026-06-01 | at
the nineties | 1990-01-01 | 2000-01-01 | at
the early 90s | 1990-01-01 | 1993-05-01 | at
last 3 days | 2026-05-11 | now | at
the last two weeks | 2026-04-30 | now | at
next few days | now | 2026-05-18 | at
next year | 2027-01-01 | 2028-01-01 | at
this quarter | 2026-04-01 | 2026-07-01 | at
last quarter | 2026-01-01 | 2026-04-01 | at
on the first Monday of June | 2025-06-02 | 2025-06-03 | at
the last day of May | 2025-05-31 | 2025-06-01 | at
3 hours ago | 2026-05-14T12:00 | 2026-05-14T13:00 | at
20 minutes ago | 2026-05-14T15:10 | 2026-05-14T15:11 | at
by noon tomorrow | now | 2026-05-15T13:00 | by
every day at 7am | 2026-05-14T07:00 | 2026-05-14T08:00 | every
every morning | 2026-05-14T05:00 | 2026-05-14T12:00 | every
I run [on Sundays] | 2026-05-17 | 2026-05-18 | every
Thanksgiving last year | 2025-11-27 | 2025-11-28 | at
at Christmas | 2025-12-25 | 2025-12-26 | at
for Christmas | 2026-12-25 | 2026-12-26 | at
Meeting [for Friday] | 2026-05-15 | 2026-05-16 | at
Friday next week | 2026-05-22 | 2026-05-23 | at
[last week]'s meeting | 2026-05-04 | 2026-05-11 | at
die letzten drei Wochen | 2026-04-23 | now | at
vor einem Jahr | 2025-01-01 | 2026-01-01 | at
nächste Woche Montag | 2026-05-18 | 2026-05-19 | at
am Montag | 2026-05-11 | 2026-05-12 | at
heute Abend | 2026-05-14T18:00 | 2026-05-15T06:00 | at
bis Ende Juni | now | 2026-07-01 | until
seit drei Jahren | 2023-05-14 | now | since
desde hace tres años | 2023-05-14 | now | since
el próximo viernes | 2026-05-15 | 2026-05-16 | at
el año pasado | 2025-01-01 | 2026-01-01 | at
en mayo | 2026-05-01 | 2026-06-01 | at
le mois prochain | 2026-06-01 | 2026-07-01 | at
vendredi prochain | 2026-05-15 | 2026-05-16 | at
depuis trois ans | 2023-05-14 | now | since
jusqu'en juin | now | 2026-07-01 | until
fino a giugno | now | 2026-07-01 | until
l'anno scorso | 2025-01-01 | 2026-01-01 | at
da tre anni | 2023-05-14 | now | since
no ano passado | 2025-01-01 | 2026-01-01 | at
na próxima semana | 2026-05-18 | 2026-05-25 | at
até junho | now | 2026-07-01 | until
próximo mês | 2026-06-01 | 2026-07-01 | at
上周五 | 2026-05-08 | 2026-05-09 | at
[下周一]我要去 | 2026-05-18 | 2026-05-19 | at
三天前 | 2026-05-11 | 2026-05-12 | at
两周前 | 2026-04-27 | 2026-05-04 | at
明年3月 | 2027-03-01 | 2027-04-01 | at
3月5日 | 2026-03-05 | 2026-03-06 | at
2024年5月4日 | 2024-05-04 | 2024-05-05 | at
这个周末 | 2026-05-16 | 2026-05-18 | at
每周一 | 2026-05-18 | 2026-05-19 | every
过去三年 | 2023-05-14 | now | at
पिछले साल | 2025-01-01 | 2026-01-01 | at
अगले हफ्ते | 2026-05-18 | 2026-05-25 | at
दो दिन पहले | 2026-05-12 | 2026-05-13 | at
दो साल से | 2024-05-14 | now | since
सोमवार को | 2026-05-11 | 2026-05-12 | at
the last Friday of last month | 2026-04-24 | 2026-04-25 | at
I saw him [last week on Tuesday] | 2026-05-05 | 2026-05-06 | at
late 2023 | 2023-09-01 | 2024-01-01 | at
early May | 2026-05-01 | 2026-05-11 | at
in late March | 2026-03-21 | 2026-04-01 | at
mid-2024 | 2024-05-01 | 2024-09-01 | at
I started there [in early spring 2024] | 2024-03-01 | 2024-04-01 | at
this morning | 2026-05-14T05:00 | 2026-05-14T12:00 | at
[March 3] was cold | 2026-03-03 | 2026-03-04 | at
I was born [on 12 March 1990] | 1990-03-12 | 1990-03-13 | at
born [in 1985] | 1985-01-01 | 1986-01-01 | at
the summer of '69 | 1969-06-01 | 1969-09-01 | at
Ich bin [im Mai 2020] umgezogen | 2020-05-01 | 2020-06-01 | at
in zwei Wochen | 2026-05-25 | 2026-06-01 | at
3 days from now | 2026-05-17 | 2026-05-18 | at
by tomorrow | now | 2026-05-16 | by
the week of May 4 | 2026-05-04 | 2026-05-11 | at
week of March 3rd | 2026-03-02 | 2026-03-09 | at
a month ago | 2026-04-01 | 2026-05-01 | at
in the past month | 2026-04-14 | now | at
in the last few months | 2026-02-14 | now | at
my flight leaves [tomorrow at 6:45 am] | 2026-05-15T06:45 | 2026-05-15T07:45 | at
we met [three summers ago] | 2023-06-01 | 2023-09-01 | at
two Fridays ago | 2026-05-01 | 2026-05-02 | at
on New Year's Eve 2023 | 2023-12-31 | 2024-01-01 | at
April 2025 - June 2025 | 2025-04-01 | 2025-07-01 | at
Jan 5 – Jan 9 | 2026-01-05 | 2026-01-10 | at
Sept. 3, 2025 | 2025-09-03 | 2025-09-04 | at
5 Sept 2025 | 2025-09-05 | 2025-09-06 | at
# anchor 2026-12-31 Thursday
tomorrow | 2027-01-01 | 2027-01-02 | at
next month | 2027-01-01 | 2027-02-01 | at
next year | 2027-01-01 | 2028-01-01 | at
next week | 2027-01-04 | 2027-01-11 | at
# anchor 2027-01-01 Friday
yesterday | 2026-12-31 | 2027-01-01 | at
last month | 2026-12-01 | 2027-01-01 | at
last quarter | 2026-10-01 | 2027-01-01 | at
last week | 2026-12-21 | 2026-12-28 | at
# anchor 2024-02-29 Thursday
tomorrow | 2024-03-01 | 2024-03-02 | at
last year | 2023-01-01 | 2024-01-01 | at
a year ago | 2023-01-01 | 2024-01-01 | at
a year ago today | 2023-02-28 | 2023-03-01 | at
next month | 2024-03-01 | 2024-04-01 | at
in 4 years | 2028-01-01 | 2029-01-01 | at
# anchor 2024-03-31 Sunday
last month | 2024-02-01 | 2024-03-01 | at
a month ago | 2024-02-01 | 2024-03-01 | at
in a month | 2024-04-01 | 2024-05-01 | at
# anchor 2023-02-28 Tuesday
tomorrow | 2023-03-01 | 2023-03-02 | at
# anchor 2023-01-15 Sunday
on February 29 | 2020-02-29 | 2020-03-01 | at
# anchor 2025-03-01 Saturday
yesterday | 2025-02-28 | 2025-03-01 | at
# anchor 2026-05-17 Sunday
this weekend | 2026-05-16 | 2026-05-18 | at
last weekend | 2026-05-09 | 2026-05-11 | at
next weekend | 2026-05-23 | 2026-05-25 | at
last Sunday | 2026-05-10 | 2026-05-11 | at
next Sunday | 2026-05-24 | 2026-05-25 | at
this Monday | 2026-05-11 | 2026-05-12 | at
# anchor 2026-05-18 Monday
last weekend | 2026-05-16 | 2026-05-18 | at
# anchor 2026-01-10 Saturday
last winter | 2024-12-01 | 2025-03-01 | at
this winter | 2025-12-01 | 2026-03-01 | at
last summer | 2025-06-01 | 2025-09-01 | at
last December | 2025-12-01 | 2026-01-01 | at
in December | 2025-12-01 | 2026-01-01 | at
I will move [in December] | 2026-12-01 | 2027-01-01 | at
last fall | 2025-09-01 | 2025-12-01 | at
# anchor 2026-11-22 Sunday
last summer | 2026-06-01 | 2026-09-01 | at
next spring | 2027-03-01 | 2027-06-01 | at
last Thanksgiving | 2025-11-27 | 2025-11-28 | at
what happened [last Easter] | 2026-04-05 | 2026-04-06 | at
from Q1 to Q3 2025 | 2025-01-01 | 2025-10-01 | at
from March to May | 2026-03-01 | 2026-06-01 | at
between December 2024 and February 2025 | 2024-12-01 | 2025-03-01 | at
from November to February | 2025-11-01 | 2026-03-01 | at
in the second half of 2024 | 2024-07-01 | 2025-01-01 | at
the third quarter of 2025 | 2025-07-01 | 2025-10-01 | at
first quarter | 2026-01-01 | 2026-04-01 | at
by the end of next quarter | now | 2027-04-01 | by
until the end of the month | 2026-11-21 | 2026-12-01 | until
the beginning of last year | 2025-01-01 | 2025-05-01 | at
the 2010s | 2010-01-01 | 2020-01-01 | at
back in 2012 | 2012-01-01 | 2013-01-01 | at
[in 2027] I will retire | 2027-01-01 | 2028-01-01 | at
2021-12-31 | 2021-12-31 | 2022-01-01 | at
12/31/2021 | 2021-12-31 | 2022-01-01 | at
31/12/2021 | 2021-12-31 | 2022-01-01 | at
31.12.2021 | 2021-12-31 | 2022-01-01 | at
1/2/2026 | 2026-01-02 | 2026-01-03 | at
It is [due by December 1] | now | 2026-12-02 | by
expires on March 3, 2027 | now | 2027-03-04 | until
no later than Friday | now | 2026-11-28 | by
ever since January | 2026-01-01 | now | since
as of May 2026 | 2026-05-01 | now | since
before 2020 | 2018-12-31 | 2020-01-01 | before
after 2020 | 2021-01-01 | now | after
after next Friday | 2026-11-28 | 2026-11-29 | after
until tomorrow | now | 2026-11-24 | until
every year | 2026-01-01 | 2027-01-01 | every
every summer | 2027-06-01 | 2027-09-01 | every
monthly | 2026-11-01 | 2026-12-01 | every
every other week | 2026-11-16 | 2026-11-23 | every
each Friday at 5pm | 2026-11-27T17:00 | 2026-11-27T18:00 | every
I jog [on Saturdays] | 2026-11-28 | 2026-11-29 | every
since Monday | 2026-11-16 | now | since
since yesterday | 2026-11-21 | now | since
since two weeks | 2026-11-08 | now | since
on the 3rd of December 2026 | 2026-12-03 | 2026-12-04 | at
[on the 30th] we leave | 2026-11-30 | 2026-12-01 | at
yesterday at 14:05 | 2026-11-21T14:05 | 2026-11-21T15:05 | at
today at noon | 2026-11-22T12:00 | 2026-11-22T13:00 | at
at 7:30 p.m. | 2026-11-22T19:30 | 2026-11-22T20:30 | at
tonight at 8pm | 2026-11-22T20:00 | 2026-11-22T21:00 | at
this evening | 2026-11-22T18:00 | 2026-11-23 | at
last Friday night | 2026-11-20T18:00 | 2026-11-21T06:00 | at
the other day | 2026-11-15 | 2026-11-22 | at
so far this year | 2026-01-01 | now | at
later this week | now | 2026-11-23 | at
the last few weeks | 2026-11-01 | now | at
past 6 months | 2026-05-22 | now | at
the coming week | 2026-11-23 | 2026-11-30 | at
upcoming weekend | 2026-11-28 | 2026-11-30 | at
the first day of next month | 2026-12-01 | 2026-12-02 | at
the last weekend of October | 2026-10-31 | 2026-11-02 | at
Jan 2025 | 2025-01-01 | 2025-02-01 | at
in Sept | 2026-09-01 | 2026-10-01 | at
'22 was fine; [summer '22] | 2022-06-01 | 2022-09-01 | at
Veterans Day 2025 | 2025-11-11 | 2025-11-12 | at
vorgestern | 2026-11-20 | 2026-11-21 | at
nächsten Monat | 2026-12-01 | 2027-01-01 | at
letzten Sommer | 2026-06-01 | 2026-09-01 | at
vor drei Monaten | 2026-08-01 | 2026-09-01 | at
im März 2024 | 2024-03-01 | 2024-04-01 | at
bis Freitag | now | 2026-11-28 | until
jeden Montag | 2026-11-23 | 2026-11-24 | every
zwischen 2019 und 2021 | 2019-01-01 | 2022-01-01 | at
el mes pasado | 2026-10-01 | 2026-11-01 | at
el fin de semana pasado | 2026-11-14 | 2026-11-16 | at
la próxima semana | 2026-11-23 | 2026-11-30 | at
hasta junio | now | 2027-07-01 | until
anoche | 2026-11-21T18:00 | 2026-11-22T06:00 | at
hace un año | 2025-01-01 | 2026-01-01 | at
entre 2019 y 2021 | 2019-01-01 | 2022-01-01 | at
el 12 de octubre | 2026-10-12 | 2026-10-13 | at
lundi dernier | 2026-11-16 | 2026-11-17 | at
l'été dernier | 2026-06-01 | 2026-09-01 | at
dans trois jours | 2026-11-25 | 2026-11-26 | at
avant-hier | 2026-11-20 | 2026-11-21 | at
aujourd'hui | 2026-11-22 | 2026-11-23 | at
en mars 2024 | 2024-03-01 | 2024-04-01 | at
il mese scorso | 2026-10-01 | 2026-11-01 | at
lunedì prossimo | 2026-11-23 | 2026-11-24 | at
tra due settimane | 2026-11-30 | 2026-12-07 | at
il 3 marzo 2025 | 2025-03-03 | 2025-03-04 | at
no mês passado | 2026-10-01 | 2026-11-01 | at
há três anos | 2023-01-01 | 2024-01-01 | at
segunda-feira passada | 2026-11-16 | 2026-11-17 | at
amanhã | 2026-11-23 | 2026-11-24 | at
明天 | 2026-11-23 | 2026-11-24 | at
前天 | 2026-11-20 | 2026-11-21 | at
下个月 | 2026-12-01 | 2027-01-01 | at
两年前 | 2024-01-01 | 2025-01-01 | at
2023年 | 2023-01-01 | 2024-01-01 | at
从2020年开始 | 2020-01-01 | now | since
直到下周五 | now | 2026-11-28 | until
去年夏天 | 2025-06-01 | 2025-09-01 | at
आज | 2026-11-22 | 2026-11-23 | at
पिछले महीने | 2026-10-01 | 2026-11-01 | at
तीन साल पहले | 2023-01-01 | 2024-01-01 | at
# anchor 2026-11-27 Friday
Thanksgiving | 2026-11-26 | 2026-11-27 | at
# anchor 2026-12-24 Thursday
Christmas | 2025-12-25 | 2025-12-26 | at
we will meet [at Christmas] | 2026-12-25 | 2026-12-26 | at
# anchor 2026-12-26 Saturday
Christmas | 2026-12-25 | 2026-12-26 | at
"""

NOTHING = """
may I go in a second, march!
She may be late; this may help
v2.3 fixed it for $2000, call 555-2021
2,021 rows, 2020 tokens, 2000 words
Call me at +1 555 2021 2020
See page 2020. Order #2021, sku 2021-XX, 10.2021
a 2019 Honda
Model 2023 is good
on the 5th floor
April is my sister
May and June are my cousins
spring cleaning, a summer dress, the fall broke my arm
I will march 3 days; we may 4 times
2.5 years ago
February 30
30/02/2024
9999-12-31T23:59:59+99:99
in 9000 years
3000 years ago
the second one
back in my room
I lived there for three years
version 2021.04.1
"""


def cases():
    anchor = datetime.min.replace(tzinfo=UTC)
    for line in TABLE.strip().splitlines():
        if line.startswith("# anchor"):
            anchor = datetime.fromisoformat(line.split()[2] + "T15:30").replace(tzinfo=UTC)
            continue
        text, start, end, relation = line.split(" | ")
        yield pytest.param(anchor, text, start, end, relation, id=f"{anchor:%F} {text}")


def instant(written: str, anchor: datetime) -> datetime:
    return anchor if written == "now" else datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(("anchor", "text", "start", "end", "relation"), list(cases()))
def test_reading(anchor, text, start, end, relation):
    plain = text.replace("[", "").replace("]", "")
    expected = text[text.index("[") + 1 : text.index("]")] if "[" in text else text
    (phrase,) = find(plain, anchor)
    assert phrase.text == expected
    assert (phrase.start, phrase.end) == (instant(start, anchor), instant(end, anchor))
    assert phrase.relation == relation


@pytest.mark.parametrize("text", NOTHING.strip().splitlines())
def test_no_date_here(text):
    assert find(text, datetime(2026, 5, 14, tzinfo=UTC)) == ()


def test_several_phrases_in_order():
    found = find("In May 2024 we met, last week she wrote, and on 2026-06-01 we fly.", datetime(2026, 5, 14, tzinfo=UTC))
    assert [p.text for p in found] == ["In May 2024", "last week", "on 2026-06-01"]


def test_days_begin_in_the_anchor_s_own_zone():
    anchor = datetime(2026, 1, 15, 1, 0, tzinfo=ZoneInfo("Asia/Kolkata"))  # still the 14th in UTC
    (phrase,) = find("yesterday", anchor)
    assert phrase.start == datetime(2026, 1, 13, 18, 30, tzinfo=UTC)
    assert phrase.end == datetime(2026, 1, 14, 18, 30, tzinfo=UTC)


def test_a_day_of_23_hours_when_clocks_go_forward():
    (phrase,) = find("yesterday", datetime(2026, 3, 30, 12, tzinfo=ZoneInfo("Europe/Berlin")))
    assert phrase.end - phrase.start == timedelta(hours=23)


def test_an_iso_instant_keeps_its_own_offset():
    (phrase,) = find("at 2026-03-01T12:00:00+02:00", datetime(2026, 5, 1, tzinfo=ZoneInfo("America/New_York")))
    assert phrase.start == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_naive_anchor_is_utc():
    assert find("today", datetime(2026, 5, 14, 9)) == find("today", datetime(2026, 5, 14, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("on Monday I bought milk", 11),
        ("I will buy milk on Monday", 18),
        ("we are meeting on Monday", 18),
        ("we met on Monday", 11),
    ],
)
def test_tense_decides_which_monday(text, day):
    (phrase,) = find(text, datetime(2026, 5, 14, tzinfo=UTC))
    assert phrase.start == datetime(2026, 5, day, tzinfo=UTC)


def test_spans_survive_long_texts():
    text = "lorem ipsum dolor sit amet\n" * 3000 + "We moved last month to Bonn." + " consectetur" * 3000
    (phrase,) = find(text, datetime(2026, 5, 14, tzinfo=UTC))
    assert text[phrase.span[0] : phrase.span[1]] == phrase.text == "last month"


@pytest.mark.parametrize("year", [1, 2, 9998, 9999])
def test_the_ends_of_the_calendar(year):
    anchor = datetime(year, 1 if year < 5 else 12, 31, tzinfo=UTC)
    for text in (
        "last year",
        "next year",
        "yesterday",
        "tomorrow",
        "last century",
        "in 3 years",
        "last summer",
        "next Christmas",
        "去年",
        "明年",
    ):
        for phrase in find(text, anchor):
            assert phrase.start < phrase.end


@pytest.mark.parametrize(("text", "month"), [("4 мая 2024", 5), ("12 stycznia 2023", 1), ("3 oktober 2022", 10)])
def test_other_languages_through_dateparser(text, month):
    pytest.importorskip("dateparser")
    dates_fallback.month_of.cache_clear()
    (phrase,) = find(text, datetime(2026, 5, 14, tzinfo=UTC))
    assert phrase.text == text
    assert phrase.start.month == month


def test_works_without_dateparser(monkeypatch):
    monkeypatch.setitem(sys.modules, "dateparser", None)
    dates_fallback.month_of.cache_clear()
    (phrase,) = find("4 мая 2024", datetime(2026, 5, 14, tzinfo=UTC))
    assert phrase.text == "2024"  # what is certain without it
    dates_fallback.month_of.cache_clear()


# ── what holds for every text and anchor ──────────────────────────────────────────────────────────────────────────────────

ANCHORS = st.datetimes(
    min_value=datetime(1, 1, 1),
    max_value=datetime(9999, 12, 31),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11)), timezone(timedelta(hours=14))]),
)
PIECES = st.sampled_from(
    [
        *sorted(LEXICON),
        *"0123456789",
        "2021",
        "1999",
        "90s",
        "5",
        "31",
        "12:30",
        "6pm",
        "2024-02-29",
        "02/30/2024",
        "Q3",
        *string.punctuation,
        *["上周", "昨天", "三", "月", "年", "日", "去年", "'", "’", "\n", "May", "March", "Monday"],
    ]
)
PHRASES = st.lists(PIECES, max_size=12).map(" ".join)


@given(st.text() | PHRASES, ANCHORS)
def test_any_text_gives_sound_phrases(text, anchor):
    last = 0
    for phrase in find(text, anchor):
        assert phrase.start < phrase.end
        assert phrase.start.tzinfo == phrase.end.tzinfo == UTC
        assert text[phrase.span[0] : phrase.span[1]] == phrase.text != ""
        assert phrase.span[0] >= last
        last = phrase.span[1]


MODERN = st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(2099, 12, 1), timezones=st.just(UTC))


@given(
    MODERN,
    st.integers(-200, 200),
    st.sampled_from(["last Friday", "next Monday", "last week", "this weekend", "next week", "yesterday"]),
)
def test_whole_weeks_of_the_anchor_shift_the_phrase(anchor, weeks, text):
    (one,) = find(text, anchor)
    (two,) = find(text, anchor + timedelta(weeks=weeks))
    assert two.start - one.start == two.end - one.end == timedelta(weeks=weeks)


@given(MODERN, st.integers(0, 6))
def test_last_and_next_weekday_enclose_today(anchor, weekday):
    name = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][weekday]
    (last,), (next_,) = find(f"last {name}", anchor), find(f"next {name}", anchor)
    today = anchor.replace(hour=0, minute=0, second=0, microsecond=0)
    assert last.start.weekday() == next_.start.weekday() == weekday
    assert last.end <= today < today + timedelta(days=1) <= next_.start
    assert next_.start - last.start <= timedelta(days=14)


@given(MODERN, st.integers(1, 3000))
def test_days_ago_and_days_ahead(anchor, count):
    today = anchor.replace(hour=0, minute=0, second=0, microsecond=0)
    (ago,), (ahead,) = find(f"{count} days ago", anchor), find(f"in {count} days", anchor)
    assert ago.start == today - timedelta(days=count)
    assert ahead.start == today + timedelta(days=count)


@given(MODERN, st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_a_written_date_does_not_depend_on_the_anchor(anchor, day):
    month = day.strftime("%B")
    for text in (
        day.isoformat(),
        f"{month} {day.day}, {day.year}",
        f"on {day.day} {month} {day.year}",
        f"{day.month:02}/{day.day:02}/{day.year}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.year}年{day.month}月{day.day}日",
    ):
        (phrase,) = find(text, anchor)
        assert phrase.start == datetime(day.year, day.month, day.day, tzinfo=UTC)
        assert phrase.end - phrase.start == timedelta(days=1)


@given(MODERN)
def test_units_follow_on_one_another(anchor):
    for unit in ("week", "month", "quarter", "year"):
        (last,), (this,), (next_,) = (find(f"{which} {unit}", anchor) for which in ("last", "this", "next"))
        assert last.end == this.start
        assert this.end == next_.start
        assert this.start <= anchor < this.end
