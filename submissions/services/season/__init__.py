"""The year as SKR sees it: how far the units have come, day by day and group by group, and whom to ring.

`standing` fetches a year in a fixed number of questions and gives one `Standing` a unit; `curve`, `breakdown` and `concerns`
count on them and ask the database nothing.
"""
