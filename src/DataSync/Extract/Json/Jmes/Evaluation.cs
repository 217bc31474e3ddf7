namespace DataSync.Extract.Json.Jmes;

/// <summary>What carrying out one expression on one document has cost so far. A tenant writes the expression and a stranger the document, so both work and memory are bounded.</summary>
internal sealed class Evaluation
{
    private const int MostSteps = 100_000_000, MostHeld = 5_000_000, TextOfAValue = 16;
    private int _steps = MostSteps, _held = MostHeld;

    /// <summary>Counts work: an element looked at, a value computed.</summary>
    public void Spend(int steps)
    {
        if ((_steps -= Math.Min(steps, MostSteps)) < 0) throw new JmesFaultException(null);
    }

    /// <summary>Counts values kept in lists and objects that the expression makes.</summary>
    public void Hold(int values)
    {
        if ((_held -= Math.Min(values, MostHeld)) < 0) throw new JmesFaultException(null);
    }

    /// <summary>Counts text that the expression makes, in characters.</summary>
    public void HoldText(int length) => Hold((length / TextOfAValue) + 1);
}
