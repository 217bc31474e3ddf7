using System.Text.Json;
using DataSync.Pipeline.Connectors;

namespace DataSync.Pipeline.Push;

/// <summary>A kind of source whose records are sent to us.</summary>
internal interface IPushConnector : ISourceConnector
{
    /// <summary>The door of a source whose parameters are sound, its secrets in the clear; null where they are not.</summary>
    PushDoor? Open(JsonElement connectionParams);

    /// <summary>The door of a source that nobody knows: refuses everything, at what a wrong signature costs.</summary>
    PushDoor Closed { get; }
}

/// <summary>Judges whether a request is its sender's, now. Never throws for what a request holds, and takes as long whatever it refuses it for.</summary>
internal delegate PushVerdict PushDoor(PushRequest request);
