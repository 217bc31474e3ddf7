namespace DataSync.Platform.Monitoring;

/// <summary>Something a process measures of itself that can be too much. Whoever measures registers one; alerts are made of it elsewhere.</summary>
/// <param name="Condition">Name of the condition, such as <c>memory</c>.</param>
/// <param name="Read">Measures now. Called every few seconds, by one thread at a time.</param>
internal sealed record ProcessMeasure(string Condition, Func<MeasuredLevel> Read);

/// <summary>What was measured.</summary>
/// <param name="Value">The figure.</param>
/// <param name="Threshold">What it must not exceed, or reach.</param>
/// <param name="IsBreached">Whether it does.</param>
internal readonly record struct MeasuredLevel(double Value, double Threshold, bool IsBreached);
