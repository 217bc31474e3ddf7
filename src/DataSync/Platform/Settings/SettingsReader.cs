using System.Globalization;
using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Configuration;

namespace DataSync.Platform.Settings;

/// <summary>Reads settings by their environment names; a value out of range becomes a fault, and the start names all of them at once.</summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<Fault> _faults = [];

    /// <summary>Everything wrong with what was read so far.</summary>
    public IReadOnlyList<Fault> Faults => _faults;

    public int Int(string setting, int fallback, int min, int max)
    {
        if (configuration[setting] is not { Length: > 0 } text) return fallback;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
        _faults.Add(new Fault(setting, "errors.settings.range", ("setting", setting), ("value", text), ("min", min), ("max", max)));
        return fallback;
    }

    public bool Bool(string setting, bool fallback)
    {
        if (configuration[setting] is not { Length: > 0 } text) return fallback;
        if (bool.TryParse(text, out var value)) return value;
        _faults.Add(new Fault(setting, "errors.settings.bool", ("setting", setting), ("value", text)));
        return fallback;
    }
}
