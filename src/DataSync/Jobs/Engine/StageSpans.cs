using System.Diagnostics;
using DataSync.Platform.Monitoring;

namespace DataSync.Jobs.Engine;

/// <summary>The spans of the stages that a run goes through: each ends where the next begins.</summary>
internal sealed class StageSpans(SyncTelemetry telemetry) : IDisposable
{
    private Activity? _span;

    /// <summary>Called where the stage begins and not awaited, so that what the stage does hangs below its span.</summary>
    public void Enter(string stage)
    {
        _span?.Dispose();
        _span = telemetry.StartStage(stage);
    }

    public void Dispose() => _span?.Dispose();
}
