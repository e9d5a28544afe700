"""The ground truth of a scenario's recorders, without writing a trace."""

from device_sim.device.device_truth import DeviceTruth
from device_sim.scenario_run import ScenarioRun
from device_sim.transport.simulated_connection import SimulatedConnection


def simulate(run: ScenarioRun) -> dict[str, DeviceTruth]:
    """By recorder_id."""
    truths: dict[str, DeviceTruth] = {}
    settings = run.settings
    for number, plan in enumerate(run.fleet_plan.recorders):
        connection = SimulatedConnection(
            number, plan, run.fleet_plan.district, settings.network, settings.platform_outages
        )
        connection.run_until(settings.to_ms)
        connection.finish(settings.to_ms)
        truths[plan.spec.recorder_id] = connection.recorder.truth
    return truths
