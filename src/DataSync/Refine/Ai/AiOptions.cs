using System.Globalization;
using System.Net;
using DataSync.Pipeline.Enriching;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.Ai;

/// <summary>The language model of this installation, and what a tenant may spend on it. Set by the operator.</summary>
internal sealed class AiOptions
{
    public const string Prefix = "AI_ENHANCEMENT_";

    /// <summary><c>AI_ENHANCEMENT_ENABLED</c>: false refuses every job that asks for it.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary><c>AI_ENHANCEMENT_BASE_URL</c>: any OpenAI-compatible endpoint, such as <c>https://host/v1</c>. Null: there is none, and jobs that ask for it are refused.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary><c>AI_ENHANCEMENT_API_KEY</c>. Sent in the Authorization header and nowhere else.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary><c>AI_ENHANCEMENT_MODEL</c>: where a job names none.</summary>
    public string Model { get; set; } = "gpt-4";

    /// <summary><c>AI_ENHANCEMENT_MODELS</c>, separated by commas: those that a job may name; only <see cref="Model"/> where it is empty.</summary>
    public IReadOnlyList<string> Models { get; set; } = [];

    /// <summary><c>AI_ENHANCEMENT_TIMEOUT_SECONDS</c>: one call, from its first byte to its last. 1 to 600.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary><c>AI_ENHANCEMENT_MAX_CONCURRENCY</c>: calls of this process at once. 1 to 1,000.</summary>
    public int MaxConcurrency { get; set; } = 32;

    /// <summary><c>AI_ENHANCEMENT_MAX_REASKS</c>: how often an answer that is not valid is asked for again. 0 to 10.</summary>
    public int MaxReasks { get; set; } = 2;

    /// <summary><c>AI_ENHANCEMENT_MAX_OUTPUT_TOKENS</c> of one answer. 64 to 32,000.</summary>
    public int MaxOutputTokens { get; set; } = 1024;

    /// <summary><c>AI_ENHANCEMENT_INPUT_PRICE</c> and <c>…_OUTPUT_PRICE</c>: of a million tokens, in the operator's currency. 0: nothing is counted but tokens.</summary>
    public decimal InputPrice { get; set; }

    public decimal OutputPrice { get; set; }

    /// <summary><c>AI_ENHANCEMENT_TENANT_TOKENS</c>: what one tenant may use in a calendar month (UTC); 0 for no limit. The operator may set others for a tenant: see <see cref="Budget.AiBudget"/>.</summary>
    public long TenantTokens { get; set; }

    /// <summary><c>AI_ENHANCEMENT_TENANT_BUDGET</c>: the same as an amount of money.</summary>
    public decimal TenantBudget { get; set; }

    /// <summary><c>AI_ENHANCEMENT_TENANT_DAY_TOKENS</c>: what one tenant may use in a day (UTC).</summary>
    public long TenantDayTokens { get; set; }

    /// <summary><c>AI_ENHANCEMENT_TENANT_DAY_BUDGET</c>: the same as an amount of money.</summary>
    public decimal TenantDayBudget { get; set; }

    /// <summary>What every tenant may use that has no limits of its own.</summary>
    public ModelBudget TenantLimits => new(TenantTokens, ModelBudget.Micros(TenantBudget), TenantDayTokens, ModelBudget.Micros(TenantDayBudget));

    /// <summary><c>AI_ENHANCEMENT_CACHE_DAYS</c>: how long an answer is kept to be used again. 0 to 3,650.</summary>
    public int CacheDays { get; set; } = 30;

    /// <summary><c>AI_ENHANCEMENT_THROTTLE_SECONDS</c>: how long a provider may refuse all calls for being too many, or ask to be left alone, before the job goes back into the queue. 1 to 86,400.</summary>
    public TimeSpan ThrottleTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>First wait after a call that failed; doubles with each.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What could not be read; it stops the start.</summary>
    public IList<string> Faults { get; } = [];

    /// <summary>Whether jobs may ask for it.</summary>
    public bool IsAvailable => Enabled && BaseUrl is not null;

    public bool MayUse(string model) => Models.Count == 0 ? model == Model : Models.Contains(model, StringComparer.Ordinal);

    /// <summary>What tokens cost, in millionths of the currency's unit.</summary>
    public long CostMicros(long input, long output) => (long)decimal.Round((input * InputPrice) + (output * OutputPrice), MidpointRounding.ToPositiveInfinity);

    public void Read(IConfiguration configuration)
    {
        string? Text(string name) => configuration[Prefix + name] is { Length: > 0 } text ? text : null;
        if (Text("ENABLED") is { } enabled) Enabled = bool.TryParse(enabled, out var on) ? on : Fault("ENABLED", "must be true or false.", Enabled);
        if (Text("BASE_URL") is { } url) BaseUrl = ReadUrl(url, configuration["DATASYNC_TLS_EXCEPTIONS"] ?? "");
        ApiKey = Text("API_KEY") ?? "";
        if (ApiKey.AsSpan().ContainsAnyExceptInRange('!', '~')) Fault("API_KEY", "must be printable ASCII.", "");
        Model = Text("MODEL") ?? Model;
        Models = [.. (Text("MODELS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        Timeout = TimeSpan.FromSeconds((double)Number("TIMEOUT_SECONDS", Text, 30, 1, 600));
        ThrottleTime = TimeSpan.FromSeconds((double)Number("THROTTLE_SECONDS", Text, 600, 1, 86_400));
        MaxConcurrency = (int)Number("MAX_CONCURRENCY", Text, 32, 1, 1000);
        MaxReasks = (int)Number("MAX_REASKS", Text, 2, 0, 10);
        MaxOutputTokens = (int)Number("MAX_OUTPUT_TOKENS", Text, 1024, 64, 32_000);
        InputPrice = Number("INPUT_PRICE", Text, 0, 0, 1_000_000);
        OutputPrice = Number("OUTPUT_PRICE", Text, 0, 0, 1_000_000);
        TenantTokens = (long)Number("TENANT_TOKENS", Text, 0, 0, 1_000_000_000_000);
        TenantBudget = Number("TENANT_BUDGET", Text, 0, 0, 1_000_000_000);
        TenantDayTokens = (long)Number("TENANT_DAY_TOKENS", Text, 0, 0, 1_000_000_000_000);
        TenantDayBudget = Number("TENANT_DAY_BUDGET", Text, 0, 0, 1_000_000_000);
        CacheDays = (int)Number("CACHE_DAYS", Text, 30, 0, 3650);
        if (InputPrice + OutputPrice > 0) return;
        if (TenantBudget > 0) Fault("TENANT_BUDGET", "needs prices.", 0);
        if (TenantDayBudget > 0) Fault("TENANT_DAY_BUDGET", "needs prices.", 0);
    }

    private decimal Number(string name, Func<string, string?> text, decimal otherwise, decimal min, decimal max)
        => text(name) is not { } given ? otherwise
            : decimal.TryParse(given, NumberStyles.Number, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
            : Fault(name, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}."), otherwise);

    /// <summary>Plain HTTP carries key and data in the open: only to this machine, or where the operator said so.</summary>
    private Uri? ReadUrl(string text, string exceptions)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http") || url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
            return Fault<Uri?>("BASE_URL", "must be a URL without user, query and fragment.", null);
        var isOpen = url.Scheme == "https" || url.IsLoopback || (IPAddress.TryParse(url.Host, out var address) && IPAddress.IsLoopback(address))
            || exceptions.Split(',', StringSplitOptions.TrimEntries).Contains(url.Host, StringComparer.OrdinalIgnoreCase);
        return isOpen ? url : Fault<Uri?>("BASE_URL", "must begin with https://, or its host be one of DATASYNC_TLS_EXCEPTIONS.", null);
    }

    private T Fault<T>(string name, string what, T otherwise)
    {
        Faults.Add($"{Prefix}{name} {what}");
        return otherwise;
    }
}

internal sealed class AiOptionsValidation : IValidateOptions<AiOptions>
{
    public ValidateOptionsResult Validate(string? name, AiOptions options)
        => options.Faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(options.Faults);
}
