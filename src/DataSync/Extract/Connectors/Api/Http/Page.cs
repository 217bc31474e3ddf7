using DataSync.Extract.Connectors.Api.Bodies;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>One answer that is to be read.</summary>
/// <param name="Url">Where it came from, without the credentials.</param>
/// <param name="Response">Its head.</param>
/// <param name="Stream">What came of its body so far is counted there; null where none is read.</param>
/// <param name="Body">Its records.</param>
internal sealed record Page(Uri Url, HttpResponseMessage Response, PacedStream? Stream, PageBody Body) : IDisposable
{
    public void Dispose()
    {
        Body.Dispose();
        Stream?.Dispose();
        Response.Dispose();
    }
}
