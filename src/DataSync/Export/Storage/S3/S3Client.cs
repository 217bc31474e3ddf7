using Amazon.Runtime;
using Amazon.S3;
using DataSync.Platform.Http.Egress;

namespace DataSync.Export.Storage.S3;

/// <summary>Makes the client of a bucket: every connection is dialled by the egress guard, to vetted addresses.</summary>
internal static class S3Client
{
    public static AmazonS3Client Create(S3Options options, EgressPolicy egress)
    {
        var config = new AmazonS3Config
        {
            AuthenticationRegion = options.Region,
            HttpClientFactory = new GuardedClients(egress),
            MaxErrorRetry = 3,

            // Asked for only where S3 itself demands it: not every service of this kind knows the newer checksums. Files carry their own SHA-256.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint.Length > 0) (config.ServiceURL, config.ForcePathStyle) = (options.Endpoint, true);
        else config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(options.Region);
        return new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config);
    }

    private sealed class GuardedClients(EgressPolicy egress) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(EgressHandler.Create(egress, EgressTls.Options())) { Timeout = Timeout.InfiniteTimeSpan };

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => true;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

        public override string GetConfigUniqueString(IClientConfig clientConfig) => $"{clientConfig.ServiceURL}/{clientConfig.AuthenticationRegion}/{GetHashCode()}";
    }
}
