using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DataSync.Extract;

/// <summary>What the operator allows sources to be.</summary>
internal sealed class ExtractOptions
{
    public const string TlsExceptionsSetting = Platform.Http.Egress.TlsExceptions.Setting;
    public const string AllowWritableSetting = "DATASYNC_ALLOW_WRITABLE_SOURCES";
    public const string SqliteRootsSetting = "DATASYNC_SQLITE_ROOTS";
    public const string OdbcDriversSetting = "DATASYNC_ODBC_DRIVERS";
    public const string OdbcUnguardedSetting = "DATASYNC_ODBC_UNGUARDED";
    public const string OdbcAnswerSetting = "DATASYNC_ODBC_ANSWER_MB";

    /// <summary>Hosts, addresses or CIDR ranges, by commas, that may use TLS 1.2, an unverified certificate or no TLS. Default: none.</summary>
    public string TlsExceptions { get; set; } = "";

    /// <summary>True reads from logins that could write. Default: false.</summary>
    public bool AllowWritableSources { get; set; }

    /// <summary>Folders, by commas, below which SQLite files may lie. Default: none.</summary>
    public string SqliteRoots { get; set; } = "";

    /// <summary>Names of ODBC drivers, by commas, as data sources in <c>odbc.ini</c> name them: only sources of these are read. Default: none.</summary>
    public string OdbcDrivers { get; set; } = "";

    /// <summary>Names of ODBC data sources, by commas, whose server the egress guard cannot read from their attributes, and which are dialled all the same. Default: none.</summary>
    public string OdbcUnguarded { get; set; } = "";

    /// <summary>What an ODBC driver may be sent in answer to one request, in megabytes (1 to 1,000,000): drivers hold it in memory. Default: 256.</summary>
    public int OdbcAnswerMegabytes { get; set; } = 256;

    /// <summary>Settings whose text cannot be what it must be, and what each must be.</summary>
    public IList<string> Unreadable { get; } = [];

    public void Read(IConfiguration configuration)
    {
        TlsExceptions = configuration[TlsExceptionsSetting] ?? "";
        SqliteRoots = configuration[SqliteRootsSetting] ?? "";
        OdbcDrivers = configuration[OdbcDriversSetting] ?? "";
        OdbcUnguarded = configuration[OdbcUnguardedSetting] ?? "";
        if (configuration[OdbcAnswerSetting] is { Length: > 0 } size)
        {
            if (int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes) && megabytes is >= 1 and <= 1_000_000) OdbcAnswerMegabytes = megabytes;
            else Unreadable.Add($"{OdbcAnswerSetting} must be a whole number from 1 to 1000000.");
        }

        if (configuration[AllowWritableSetting] is not { Length: > 0 } text) return;
        if (bool.TryParse(text, out var allow)) AllowWritableSources = allow;
        else Unreadable.Add($"{AllowWritableSetting} must be true or false.");
    }

    /// <summary>True where the operator named this host, or a range its address lies in.</summary>
    public bool IsTlsException(string host) => Platform.Http.Egress.TlsExceptions.Names(TlsExceptions, host);

    /// <summary>The folders of <see cref="SqliteRoots"/>.</summary>
    public IEnumerable<string> SqliteFolders() => Entries(SqliteRoots);

    /// <summary>The names of <see cref="OdbcDrivers"/>.</summary>
    public IEnumerable<string> OdbcDriverNames() => Entries(OdbcDrivers);

    /// <summary>The names of <see cref="OdbcUnguarded"/>.</summary>
    public IEnumerable<string> OdbcUnguardedNames() => Entries(OdbcUnguarded);

    private static string[] Entries(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

internal sealed class ExtractOptionsValidation : IValidateOptions<ExtractOptions>
{
    public ValidateOptionsResult Validate(string? name, ExtractOptions options)
    {
        var faults = options.SqliteFolders().Where(f => !Directory.Exists(f))
            .Select(f => $"{ExtractOptions.SqliteRootsSetting}: '{f}' is not a folder.").ToList();
        faults.AddRange(options.Unreadable);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
