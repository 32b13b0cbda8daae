"""What the last hour asks of how many machines: a simulation of 1.5 million rows with N web nodes and W workers.

    python bench/last_hour.py [--nodes 1,2,4] [--workers 1,2] [--cores 2] [--rows 1500000] [--people 1500] [--seed 1] …

People come by chance, ever more of them towards the end (the last ten minutes have a third of the hour). Each signs in, looks at
pages, and one of each unit uploads a file of its size; corrections follow, and each event leaves mails and jobs for the workers.
A node has as many processes as cores with eight threads each; whoever finds no thread free waits in line; those at work share the
cores equally. The costs are processor seconds measured by bench/page_cost.py, told in docs/prestanda.md; all can be given. A share of
each is spent in the database, which all nodes have in common. Prints name=value for each N and W: median and p95 in ms of page,
sign-in and upload, the share of the cores at work in the busiest minute, on the nodes and in the database, the longest line, and
how long the unluckiest mail or job waits for one of the workers. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import heapq
import random
import statistics
from collections import deque
from dataclasses import dataclass, field

HOUR = 3600.0
THREADS = 8  # a process
HASHES = 1  # at once in a process: accounts.hashers
PAGE, SIGN_IN, UPLOAD = "page", "sign_in", "upload"


@dataclass(order=True)
class Work:
    """One request: what it is, when it came, and the processor seconds that are left of it."""

    came: float
    kind: str = field(compare=False)
    left: float = field(compare=False)


@dataclass
class Node:
    """One machine with web processes."""

    cores: int
    at_work: list[Work] = field(default_factory=list)
    line: deque[Work] = field(default_factory=deque)
    busy: dict[int, float] = field(default_factory=dict)  # core seconds by minute
    longest: int = 0

    def take(self, work: Work) -> None:
        """A request has come."""
        if self.may_start(work):
            self.at_work.append(work)
        else:
            self.line.append(work)
            self.longest = max(self.longest, len(self.line))

    def may_start(self, work: Work) -> bool:
        """Whether a thread is free; a sign-in also needs one of the places for hashing."""
        if len(self.at_work) >= THREADS * self.cores:
            return False
        hashing = sum(other.kind == SIGN_IN for other in self.at_work)
        return work.kind != SIGN_IN or hashing < HASHES * self.cores

    @property
    def speed(self) -> float:
        """Core seconds a second that each of those at work gets."""
        return min(1.0, self.cores / len(self.at_work)) if self.at_work else 0.0

    def next_end(self, now: float) -> float:
        """When the next of them is done, if nobody else comes."""
        return now + min(work.left for work in self.at_work) / self.speed if self.at_work else float("inf")

    def run(self, start: float, end: float) -> list[Work]:
        """Work from start to end; those that are done."""
        speed = self.speed
        if not speed or end <= start:
            return []
        spent = (end - start) * speed
        minute = int(start // 60)
        self.busy[minute] = self.busy.get(minute, 0.0) + spent * len(self.at_work)
        for work in self.at_work:
            work.left -= spent
        done = [work for work in self.at_work if work.left <= 1e-9]
        self.at_work = [work for work in self.at_work if work.left > 1e-9]
        while self.line and self.may_start(self.line[0]):
            self.at_work.append(self.line.popleft())
        return done


def coming(chance: random.Random) -> float:
    """When in the hour somebody comes: a third in the last ten minutes, ever more before."""
    return chance.triangular(0, HOUR - 600, HOUR - 600) if chance.random() < 2 / 3 else chance.uniform(HOUR - 600, HOUR)


def sizes(rows: int, units: int, chance: random.Random) -> list[int]:
    """Rows of each unit, as lopsided as the country: a few regions have most of it."""
    drawn = sorted((min(chance.paretovariate(1.05), 200.0) for _ in range(units)), reverse=True)
    return [max(20, min(75_000, round(share * rows / sum(drawn)))) for share in drawn]


def database_busiest(requests: list[Work], asked: argparse.Namespace) -> float:
    """The share of the database's cores at work in the minute that asks most of it."""
    minutes: dict[int, float] = {}
    for work in requests:
        minute = int(work.came // 60)
        minutes[minute] = minutes.get(minute, 0.0) + work.left * asked.database_share / (1 - asked.database_share)
    return max(minutes.values()) / (60 * asked.cores)


def arrivals(asked: argparse.Namespace, chance: random.Random) -> tuple[list[Work], list[tuple[float, float]]]:
    """Requests in the order they come, and jobs for the workers (when, processor seconds)."""
    requests: list[Work] = []
    jobs: list[tuple[float, float]] = []
    files = sizes(asked.rows, asked.units, chance)
    for number in range(asked.people):
        at = coming(chance)
        requests.append(Work(at, SIGN_IN, asked.sign_in))
        for _ in range(asked.pages):
            at += chance.expovariate(1 / 30)
            requests.append(Work(at, PAGE, asked.page * chance.uniform(0.5, 1.5)))
        if number < len(files):
            at += chance.expovariate(1 / 30)
            requests.append(Work(at, UPLOAD, asked.upload + asked.row * files[number]))
            jobs.append((at, asked.job))
            for _ in range(asked.corrections):
                at += chance.expovariate(1 / 40)
                requests.append(Work(at, PAGE, asked.correction))
            jobs += [(at, asked.mail)] * asked.mails
    for work in requests:
        work.left *= 1 - asked.database_share
    heapq.heapify(requests)
    return [heapq.heappop(requests) for _ in range(len(requests))], sorted(jobs)


def play(requests: list[Work], nodes: list[Node]) -> dict[str, list[float]]:
    """The hour; seconds from each request to its answer, by kind. A request goes to the node with the fewest at hand."""
    answers: dict[str, list[float]] = {PAGE: [], SIGN_IN: [], UPLOAD: []}
    waiting = deque(Work(work.came, work.kind, work.left) for work in requests)
    now = 0.0
    while waiting or any(node.at_work for node in nodes):
        then = min([waiting[0].came if waiting else float("inf"), *(node.next_end(now) for node in nodes)])
        for node in nodes:
            for work in node.run(now, then):
                answers[work.kind].append(then - work.came)
        now = then
        while waiting and waiting[0].came <= now:
            min(nodes, key=lambda node: len(node.at_work) + len(node.line)).take(waiting.popleft())
    return answers


def longest_wait(jobs: list[tuple[float, float]], workers: int) -> float:
    """Seconds that the unluckiest job waits for a worker, with so many that take one at a time."""
    free = [0.0] * workers
    longest = 0.0
    for came, seconds in jobs:
        begins = max(heapq.heappop(free), came)
        longest = max(longest, begins - came)
        heapq.heappush(free, begins + seconds)
    return longest


def main() -> None:
    """Every combination asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", default="1,2,4")
    parser.add_argument("--workers", default="1,2")
    for name, default in {
        "cores": 2,
        "rows": 1_500_000,
        "units": 330,
        "people": 1500,
        "pages": 12,
        "corrections": 6,
        "mails": 4,
        "seed": 1,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, seconds in {
        "page": 0.019,
        "sign-in": 0.34,
        "upload": 0.18,
        "row": 0.000009,
        "correction": 0.1,  # with the page that follows
        "job": 0.05,
        "mail": 0.3,  # most of it waiting for the mail server; assumed
    }.items():
        parser.add_argument(f"--{name}", type=float, default=seconds, help="processor seconds")
    parser.add_argument("--database-share", type=float, default=0.15, help="of a request's processor time, spent in the database")
    asked = parser.parse_args()
    requests, jobs = arrivals(asked, random.Random(asked.seed))  # noqa: S311 - no secret
    print(f"requests={len(requests)}")
    print(f"core_seconds={sum(work.left for work in requests) / (1 - asked.database_share):.0f}")
    print(f"database_busiest_minute={database_busiest(requests, asked):.2f}")
    for count in map(int, asked.nodes.split(",")):
        nodes = [Node(asked.cores) for _ in range(count)]
        answers = play(requests, nodes)
        told = [f"nodes={count}"]
        for kind, seconds in answers.items():
            cuts = statistics.quantiles(seconds, n=100)
            told += [f"{kind}_median_ms={cuts[49] * 1000:.0f}", f"{kind}_p95_ms={cuts[94] * 1000:.0f}"]
        busiest = max((node.busy.get(minute, 0.0) for node in nodes for minute in node.busy), default=0.0) / (60 * asked.cores)
        told += [f"busiest_minute={busiest:.2f}", f"longest_line={max(node.longest for node in nodes)}"]
        print(" ".join(told))
    for workers in map(int, asked.workers.split(",")):
        print(f"workers={workers} longest_wait_s={longest_wait(jobs, workers):.1f}")


if __name__ == "__main__":
    main()
