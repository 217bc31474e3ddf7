using System.Collections.Concurrent;
using DataSync.Extract.Connectors.Odbc.Gate;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>What the operator registered: only data sources there, and only through drivers named in <see cref="ExtractOptions.OdbcDriversSetting"/>.</summary>
internal sealed class OdbcRegistry(ExtractOptions options, TimeProvider time)
{
    /// <summary>What was read serves so long: the reader opens and takes apart whole files for each attribute.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, (long At, RegisteredSource Source)> _read = new(StringComparer.Ordinal);

    /// <summary>
    /// What stands below a data source's name, or throws. One that is not registered and one whose driver is not allowed fail alike, so that nothing shows what else there is.
    /// </summary>
    public RegisteredSource Find(string source)
    {
        if (_read.TryGetValue(source, out var kept) && time.GetElapsedTime(kept.At) < Fresh) return kept.Source;
        try
        {
            OwnRegistry.Refresh();
            if (!source.StartsWith(OwnRegistry.Prefix, StringComparison.OrdinalIgnoreCase) && OdbcInstaller.Attributes(source) is var attributes
                && attributes.TryGetValue("Driver", out var driver) && driver.Length > 0 && options.OdbcDriverNames().Contains(driver, StringComparer.OrdinalIgnoreCase))
            {
                var found = new RegisteredSource(source, OdbcInstaller.Library(driver), attributes);
                _read[source] = (time.GetTimestamp(), found);
                return found;
            }
        }
        catch (DllNotFoundException e)
        {
            throw OdbcErrors.Missing(e);
        }

        throw new SyncFailureException(SyncFailure.Permanent("errors.connection.odbc_source", ("dsn", source)));
    }
}
