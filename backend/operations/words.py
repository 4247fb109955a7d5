"""The house's health in words, one sentence a trouble, and the worker's jobs by their names."""

from datetime import timedelta

from babel.dates import format_timedelta

from backend.operations.rules import Finding, Health, Trouble
from backend.web.i18n import catalogue, number_in_words
from backend.web.refusal_words import kind_in_words
from backend.web.vocabulary import knows, say

SENTENCES = {
    Trouble.NODE_SILENT: "区块链节点没有回答，采集暂不能上链，已采集的都保留着：%(trouble)s",
    Trouble.MIRROR_MISSING: "还没有镜像到任何区块：索引器没有运行过，或合约还没有部署。",
    Trouble.MIRROR_BEHIND: "镜像落后节点 %(count)s 个区块，最早的一个已出块%(span)s。请查看索引器是否在运行。",
    Trouble.MIRROR_SUSPECT: "从区块 %(block)s 起，链在回退窗口以下被改写，需要人来查看。",
    Trouble.QUARANTINE: "有 %(count)s 条链上日志无法解读，已隔离保存。",
    Trouble.QUEUE_OLD: "%(count)s 条存证在等待上链，最早的一条已等了%(span)s。",
    Trouble.LANE_STUCK: "通道 %(lane)s 有 %(count)s 笔交易没有在镜像中出现，最早的一笔已有%(span)s。",
    Trouble.WORKER_MISSING: "后台程序从未运行过：没有它，采集不会上链。",
    Trouble.WORKER_SILENT: "后台程序已%(span)s没有动静。请查看它是否在运行。",
    Trouble.JOB_FAILING: "“%(job)s”在等待：%(trouble)s",
    Trouble.BOOKS_DIFFER: "最近一次账链核对发现 %(count)s 处不一致。",
    Trouble.COMPARISON_OLD: "账与链已%(span)s没有核对。",
}


def sentence(finding: Finding, language: str) -> str:
    """What is wrong, in a language."""
    values = {name: _word(name, value, language) for name, value in finding.values.items()}
    return catalogue(language).counted(SENTENCES[finding.trouble], values) % values


def health_word(health: Health, language: str) -> str:
    """How the house is, in a language."""
    return say("health", health, language)


def job_name(name: str, language: str) -> str:
    """What a job is called in a language; one of an older release keeps its name."""
    return say("job", name, language) if knows("job", name) else name


def refused(kind: str, language: str) -> str:
    """What captures of a kind of refusal were refused for; a kind of an older release keeps its name."""
    return kind_in_words(kind, language) or kind


def span(length: timedelta, language: str) -> str:
    """How long, in the largest fitting unit."""
    return format_timedelta(length, threshold=1, locale=_locale(language))


def ago(length: timedelta, language: str) -> str:
    """How long ago."""
    return format_timedelta(-length, threshold=1, add_direction=True, locale=_locale(language))


def _locale(language: str) -> str:
    return {"zh": "zh_Hans_CN", "en": "en"}[language]


def _word(name: str, value: object, language: str) -> str:
    if isinstance(value, timedelta):
        return span(value, language)
    if isinstance(value, int):
        return number_in_words(value, _locale(language))
    return job_name(str(value), language) if name == "job" else str(value)
