using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Settings;

/// <summary>What a room found wrong with its settings while it was registered; the start is refused with all of them.</summary>
internal sealed record SettingsFaults(IReadOnlyList<Fault> Faults);
