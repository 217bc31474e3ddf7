using Amazon.S3;
using Amazon.S3.Model;

namespace DataSync.Export.Storage.S3;

/// <summary>Puts whole files into a bucket: small ones in one request, larger ones in parts, of which nothing is seen before the last.</summary>
internal static class S3Upload
{
    public static async Task PutAsync(IAmazonS3 client, S3Options options, string key, string path, CancellationToken ct)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 128 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
        if (file.Length <= options.PartBytes)
        {
            await client.PutObjectAsync(new PutObjectRequest { BucketName = options.Bucket, Key = key, InputStream = file, AutoCloseStream = false, UseChunkEncoding = false }, ct);
            return;
        }

        var upload = await client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = options.Bucket, Key = key }, ct);
        try
        {
            List<PartETag> parts = [];
            for (var number = 1; file.Position < file.Length; number++)
            {
                var size = Math.Min(options.PartBytes, file.Length - file.Position);
                var answer = await client.UploadPartAsync(
                    new UploadPartRequest { BucketName = options.Bucket, Key = key, UploadId = upload.UploadId, PartNumber = number, PartSize = size, InputStream = file, UseChunkEncoding = false }, ct);
                parts.Add(new PartETag(number, answer.ETag));
                file.Position = Math.Min(file.Length, number * options.PartBytes);
            }

            await client.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest { BucketName = options.Bucket, Key = key, UploadId = upload.UploadId, PartETags = parts }, ct);
        }
        catch
        {
            await AbortQuietlyAsync(client, options.Bucket, key, upload.UploadId);
            throw;
        }
    }

    /// <summary>Gives up the parts that an attempt before left below a prefix.</summary>
    public static async Task AbortAllAsync(IAmazonS3 client, string bucket, string prefix, CancellationToken ct)
    {
        string? key = null, id = null;
        do
        {
            var listed = await ListAsync(client, new ListMultipartUploadsRequest { BucketName = bucket, Prefix = prefix, KeyMarker = key, UploadIdMarker = id }, ct);
            foreach (var left in listed?.MultipartUploads ?? [])
                await client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = bucket, Key = left.Key, UploadId = left.UploadId }, ct);
            (key, id) = listed?.IsTruncated == true ? (listed.NextKeyMarker, listed.NextUploadIdMarker) : (null, null);
        }
        while (key is not null);
    }

    /// <summary>Null where the service cannot list them: then a lifecycle rule of its own must clear them away.</summary>
    private static async Task<ListMultipartUploadsResponse?> ListAsync(IAmazonS3 client, ListMultipartUploadsRequest request, CancellationToken ct)
    {
        try
        {
            return await client.ListMultipartUploadsAsync(request, ct);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == System.Net.HttpStatusCode.NotImplemented)
        {
            return null;
        }
    }

    /// <summary>Whatever brought us here is the failure to tell of; the next attempt gives up what is left.</summary>
    private static async Task AbortQuietlyAsync(IAmazonS3 client, string bucket, string key, string upload)
    {
        try
        {
            await client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = bucket, Key = key, UploadId = upload }, CancellationToken.None);
        }
        catch (Exception e) when (S3Failures.Of(e) is not null)
        {
            // see above
        }
    }
}
