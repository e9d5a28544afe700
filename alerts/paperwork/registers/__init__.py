"""Registers: repairs (维修台账) and requests for footage (调取审批), each entry a small life with its steps on record."""
