using System.Globalization;
using System.Net;
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

    /// <summary>Addresses and ranges (CIDR), separated by commas.</summary>
    public IReadOnlyList<IPNetwork> Networks(string setting, string fallback)
    {
        List<IPNetwork> networks = [];
        var text = configuration[setting] is { Length: > 0 } given ? given : fallback;
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPNetwork.TryParse(entry, out var network)) networks.Add(network);
            else if (IPAddress.TryParse(entry, out var address)) networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else _faults.Add(new Fault(setting, "errors.settings.address_range", ("setting", setting), ("value", entry)));
        }

        return networks;
    }

    /// <summary>One of an enumeration's names, in any case.</summary>
    public T Name<T>(string setting, T fallback) where T : struct, Enum
    {
        if (configuration[setting] is not { Length: > 0 } text) return fallback;
        if (Enum.GetNames<T>().FirstOrDefault(n => string.Equals(n, text, StringComparison.OrdinalIgnoreCase)) is { } name) return Enum.Parse<T>(name);
        _faults.Add(new Fault(setting, "errors.settings.one_of", ("setting", setting), ("value", text), ("allowed", string.Join(", ", Enum.GetNames<T>()))));
        return fallback;
    }
}
