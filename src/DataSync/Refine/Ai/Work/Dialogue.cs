using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Schema;
using Microsoft.Extensions.AI;

namespace DataSync.Refine.Ai.Work;

/// <summary>What is said to the model about one record: the question, and what was wrong with its last answer.</summary>
internal sealed class Dialogue
{
    /// <summary>No answer may be longer.</summary>
    private const int MostRoom = 32_000;

    private readonly List<ChatMessage> _said;

    /// <summary>Begins, or goes on behind an answer that is not valid.</summary>
    /// <param name="prompt">How it is asked.</param>
    /// <param name="record">The record as the model gets it.</param>
    /// <param name="room">Length that an answer may have.</param>
    /// <param name="last">The answer to go on behind; null to begin.</param>
    public Dialogue(AiPrompt prompt, string record, int room, InvalidAnswer? last)
    {
        var mark = AiPrompt.NewMark();
        _said = [new(ChatRole.System, prompt.System(mark)), new(ChatRole.User, AiPrompt.User(record, mark))];
        Room = room;
        if (last is null) return;
        (Asked, Room) = (last.Asked + 1, Math.Clamp(last.Room, room, MostRoom));
        Say(last);
    }

    public IReadOnlyList<ChatMessage> Said => _said;

    /// <summary>Answers so far.</summary>
    public int Asked { get; private set; }

    /// <summary>Length that the next answer may have.</summary>
    public int Room { get; private set; }

    /// <summary>The last answer as it is kept for whoever goes on: one that was cut off gets twice as much room, and is not repeated.</summary>
    public InvalidAnswer Judge(Guid job, string reply, bool isCut, string fault)
        => new(job, Asked, fault, reply.Length > 0 && !isCut ? reply : null, isCut ? Math.Min(Room * 2, MostRoom) : Room);

    /// <summary>Asks again.</summary>
    public void Correct(InvalidAnswer last)
    {
        _said.RemoveRange(2, _said.Count - 2);
        (Asked, Room) = (last.Asked + 1, last.Room);
        Say(last);
    }

    /// <summary>What was answered and why it does not do. An empty answer says nothing.</summary>
    private void Say(InvalidAnswer last)
    {
        if (last.Reply is { } reply) _said.Add(new ChatMessage(ChatRole.Assistant, reply));
        _said.Add(new ChatMessage(ChatRole.User, $"Your answer is not valid: {last.Fault}. Give the whole answer again, for the same record."));
    }
}
