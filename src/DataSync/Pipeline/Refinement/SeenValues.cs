namespace DataSync.Pipeline.Refinement;

/// <summary>
/// What a refiner must remember of the kept records of a batch to go on after a crash: kept with the checkpoint of these records, and given back in the order it was
/// kept in. No value can be read from it.
/// </summary>
/// <param name="Name">Whose memory it is: the refiner's own name for it, unique among its names.</param>
/// <param name="Hashes">The bytes to remember.</param>
internal sealed record SeenValues(string Name, ReadOnlyMemory<byte> Hashes);
