using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DataSync.Export.Storage.S3;

/// <summary>Where exports lie in an S3 bucket, in place of a volume. Set by the operator.</summary>
internal sealed class S3Options
{
    public const string BucketSetting = "DATASYNC_EXPORT_S3_BUCKET";
    public const string EndpointSetting = "DATASYNC_EXPORT_S3_ENDPOINT";
    public const string RegionSetting = "DATASYNC_EXPORT_S3_REGION";
    public const string AccessKeySetting = "DATASYNC_EXPORT_S3_ACCESS_KEY";
    public const string SecretKeySetting = "DATASYNC_EXPORT_S3_SECRET_KEY";

    /// <summary>The bucket; empty for exports on a volume.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>URL of a service other than Amazon's; empty for Amazon's of the region. Beyond the public internet it must be allowed by <c>DATASYNC_EGRESS_ALLOW</c>.</summary>
    public string Endpoint { get; set; } = "";

    public string Region { get; set; } = "us-east-1";
    public string AccessKey { get; set; } = "";
    public string SecretKey { get; set; } = "";

    /// <summary>Larger files go up in parts of this many bytes: 5 MiB to 5 GiB, as S3 has it.</summary>
    public long PartBytes { get; set; } = 64L * 1024 * 1024;

    public void Read(IConfiguration configuration)
    {
        Bucket = configuration[BucketSetting] ?? "";
        Endpoint = configuration[EndpointSetting] ?? "";
        Region = configuration[RegionSetting] is { Length: > 0 } region ? region : Region;
        AccessKey = configuration[AccessKeySetting] ?? "";
        SecretKey = configuration[SecretKeySetting] ?? "";
    }
}

internal sealed class S3OptionsValidation : IValidateOptions<S3Options>
{
    public ValidateOptionsResult Validate(string? name, S3Options options)
    {
        List<string> faults = [];
        if (options.Bucket.Length == 0)
        {
            if (options.Endpoint.Length + options.AccessKey.Length + options.SecretKey.Length > 0) faults.Add($"{S3Options.BucketSetting} must name the bucket that the other S3 settings are for.");
        }
        else
        {
            if (options.Endpoint.Length > 0 && !(Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.AbsolutePath == "/" && url.UserInfo.Length == 0))
                faults.Add($"{S3Options.EndpointSetting} must be a URL of scheme, host and port alone.");
            if (options.AccessKey.Length == 0 || options.SecretKey.Length == 0) faults.Add($"{S3Options.AccessKeySetting} and {S3Options.SecretKeySetting} must both be set.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
