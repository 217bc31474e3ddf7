using DataSync.Extract.Read;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.Changes;

/// <summary>By what an incremental sync finds changes: the source's own record of them where it can be had, else a column that grows.</summary>
/// <param name="Offer">What is used; null for the cursor.</param>
/// <param name="Reason">Why the cursor.</param>
internal sealed record TrackingChoice(TrackingOffer? Offer, TrackingReason? Reason)
{
    /// <summary>Chooses. Throws where changes cannot be found by anything.</summary>
    public static async Task<TrackingChoice> MakeAsync(IConnector connector, SourceConnection source, ReadRequest request, ReadParameters parameters, CancellationToken ct)
    {
        if (request.Table is null) return Cursor(request.Query is null ? null : TrackingReason.Of("tracking.query"));
        if (!parameters.TracksChanges) return Cursor(TrackingReason.Of("tracking.off"));
        if (connector is not ITracksChanges tracker)
            return parameters.Cursor is not null ? Cursor(TrackingReason.Of("tracking.unsupported"))
                : throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameters"))
                {
                    Faults = [new Fault("/extraction_params/cursor_field", "faults.incremental.cursor_field")],
                };

        var offer = await tracker.OfferAsync(source, request, ct);
        if (offer.IsAvailable) return new TrackingChoice(offer, null);
        return parameters.Cursor is not null ? Cursor(offer.Reason) : throw NotTracked(offer);
    }

    private static TrackingChoice Cursor(TrackingReason? reason) => new(null, reason);

    /// <summary>The reason's key stands for its text: a failure has values, no texts.</summary>
    private static SyncFailureException NotTracked(TrackingOffer offer)
        => new(SyncFailure.Permanent("errors.extraction.not_tracked", ("method", offer.Method), ("reason", offer.Reason?.Key)));
}
