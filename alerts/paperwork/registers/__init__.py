"""Registers: repairs (维修台账) and requests for footage (调取审批); each entry has a workflow with recorded steps."""
