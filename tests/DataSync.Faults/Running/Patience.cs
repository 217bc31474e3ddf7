namespace DataSync.Faults.Running;

/// <summary>Waiting for what a system that is being hurt brings about in its own time.</summary>
internal static class Patience
{
    /// <summary>Asks until the condition holds; false where it did not in time.</summary>
    public static async Task<bool> WaitAsync(Func<Task<bool>> condition, TimeSpan limit, CancellationToken ct)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !await condition(); await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct))
        {
            if (TimeProvider.System.GetElapsedTime(began) > limit) return false;
        }

        return true;
    }

    /// <summary>As above; what did not come in time ends the run.</summary>
    public static async Task ExpectAsync(string what, Func<Task<bool>> condition, TimeSpan limit, CancellationToken ct)
    {
        if (!await WaitAsync(condition, limit, ct)) throw new FaultException($"Waited {limit.TotalSeconds:0} s for {what}.");
    }
}
