namespace DataSync.Faults.Books;

/// <summary>
/// Deals shapes in an order that comes from a seed, each once before any comes again, and each followed by the one that differs from it in everything: so any two
/// jobs together have a table of each kind, both modes and all formats.
/// </summary>
internal sealed class ShapeDeck(int seed)
{
    private readonly Random _random = new(seed);
    private readonly Queue<JobShape> _left = [];

    public JobShape Next()
    {
        if (_left.Count == 0) Shuffle();
        return _left.Dequeue();
    }

    private void Shuffle()
    {
        var all = JobShape.All;
        var pairs = Enumerable.Range(0, all.Count / 2).ToArray();
        _random.Shuffle(pairs);
        foreach (var pair in pairs)
        {
            var first = _random.Next(2) == 0 ? pair : all.Count - 1 - pair;
            _left.Enqueue(all[first]);
            _left.Enqueue(all[all.Count - 1 - first]);
        }
    }
}
