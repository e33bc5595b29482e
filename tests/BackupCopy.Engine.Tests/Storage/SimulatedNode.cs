namespace BackupCopy.Tests.Storage;

/// <summary>
/// A file or directory of a <see cref="SimulatedDisk"/>: what programs see, and what is durable.
/// </summary>
internal abstract class SimulatedNode
{
    public DateTime ChangedUtc { get; set; }

    /// <summary>A copy with everything that is pending; nodes reached twice are copied once.</summary>
    public SimulatedNode Fork(Dictionary<SimulatedNode, SimulatedNode> copies)
    {
        if (!copies.TryGetValue(this, out var copy))
        {
            copy = this is SimulatedDirectory ? new SimulatedDirectory() : new SimulatedContent();
            copy.ChangedUtc = ChangedUtc;
            copies.Add(this, copy);
            CopyTo(copy, copies);
        }

        return copy;
    }

    protected abstract void CopyTo(SimulatedNode copy, Dictionary<SimulatedNode, SimulatedNode> copies);
}

/// <summary>Names, and their changes since the directory was last flushed, oldest first.</summary>
internal sealed class SimulatedDirectory : SimulatedNode
{
    private List<NameChange> _pending = [];

    public Dictionary<string, SimulatedNode> Visible { get; private set; } = new(StringComparer.Ordinal);

    private Dictionary<string, SimulatedNode> Durable { get; set; } = new(StringComparer.Ordinal);

    public void Add(string name, SimulatedNode node)
    {
        Visible.Add(name, node);
        _pending.Add(new NameChange(name, null, node));
    }

    public void Remove(string name)
    {
        Visible.Remove(name);
        _pending.Add(new NameChange(name, null, null));
    }

    public void Rename(string from, string to)
    {
        Visible.Remove(from, out var node);
        Visible[to] = node!;
        _pending.Add(new NameChange(to, from, node));
    }

    public void Flush()
    {
        Durable = new Dictionary<string, SimulatedNode>(Visible, StringComparer.Ordinal);
        _pending.Clear();
    }

    /// <summary>
    /// What a power cut leaves: each pending change is kept or lost, and one that follows a lost change of
    /// the same name is lost too.
    /// </summary>
    public SimulatedDirectory Survivor(CutChances chances)
    {
        var names = new Dictionary<string, SimulatedNode>(Durable, StringComparer.Ordinal);
        var lost = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in _pending)
        {
            var follows = lost.Contains(change.Name) || (change.From is { } old && lost.Contains(old));
            if (!chances.KeepsName() || follows)
            {
                lost.Add(change.Name);
                lost.Add(change.From ?? change.Name);
                continue;
            }

            names.Remove(change.From ?? change.Name);
            names.Remove(change.Name);
            if (change.Node is not null)
            {
                names.Add(change.Name, change.Node);
            }
        }

        var result = new SimulatedDirectory { ChangedUtc = ChangedUtc };
        foreach (var (name, node) in names.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            SimulatedNode survivor = node is SimulatedDirectory directory
                ? directory.Survivor(chances)
                : ((SimulatedContent)node).Survivor(chances);
            result.Visible.Add(name, survivor);
        }

        result.Flush();
        return result;
    }

    /// <summary>Every file below, visible, durable or both.</summary>
    public IEnumerable<SimulatedContent> Contents() => Visible.Concat(Durable)
        .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .SelectMany(pair => pair.Value is SimulatedDirectory directory
            ? directory.Contents()
            : [(SimulatedContent)pair.Value]);

    protected override void CopyTo(SimulatedNode copy, Dictionary<SimulatedNode, SimulatedNode> copies)
    {
        var to = (SimulatedDirectory)copy;
        to.Visible = Visible.ToDictionary(p => p.Key, p => p.Value.Fork(copies), StringComparer.Ordinal);
        to.Durable = Durable.ToDictionary(p => p.Key, p => p.Value.Fork(copies), StringComparer.Ordinal);
        to._pending = [.. _pending.Select(c => c with { Node = c.Node?.Fork(copies) })];
    }

    /// <summary>A creation (no From), a deletion (no Node) or a rename.</summary>
    private readonly record struct NameChange(string Name, string? From, SimulatedNode? Node);
}
