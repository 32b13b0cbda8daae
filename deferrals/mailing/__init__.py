"""Utskick to many units: who gets what (`planning`), how it moves (`states`, `services`), and the sending itself (`running`)."""
