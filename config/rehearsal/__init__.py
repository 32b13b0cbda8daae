"""A whole season played through with a clock of its own, in a database made for it and dropped afterwards.

`plan` says what each unit will do (pure), `season` plays it through the services, `invariants` says what must hold,
`report` puts it in words, and `scratch` is the database. `manage.py generalrepetition` runs it all.
"""
