using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>What the operator registered: only data sources there, and only through drivers named in <see cref="ExtractOptions.OdbcDriversSetting"/>.</summary>
internal sealed class OdbcRegistry(ExtractOptions options)
{
    /// <summary>
    /// Lets a data source through, or throws. One that is not registered and one whose driver is not allowed fail alike, so that nothing shows what else there is.
    /// </summary>
    public void Check(string source)
    {
        string driver;
        try
        {
            driver = OdbcInstaller.Attribute(source, "Driver");
        }
        catch (DllNotFoundException e)
        {
            throw OdbcErrors.Missing(e);
        }

        if (driver.Length == 0 || !options.OdbcDriverNames().Contains(driver, StringComparer.OrdinalIgnoreCase))
            throw new SyncFailureException(SyncFailure.Permanent("errors.connection.odbc_source", ("dsn", source)));
    }
}
