//! Passing over a section that is left out.
//!
//! In: the line that opens it, then events. Out: whether the section is over. Absent: why it is left out.

use edgewright_compiler::transcript::{EffectiveLine, Event, LineKind};

/// A section that is left out with everything in it.
#[derive(Debug)]
pub(super) struct Skipping {
    name: Vec<u8>,
    /// Sections of that name that are open inside.
    depth: usize,
    /// Files that are open inside.
    files: usize,
}

impl Skipping {
    /// The section that a line called `name` opens.
    pub fn of(name: &[u8]) -> Self {
        Self {
            name: name.to_vec(),
            depth: 0,
            files: 0,
        }
    }

    /// Is the section over with this event? A section ends at the latest with its file.
    pub fn ends_with(&mut self, event: &Event) -> bool {
        match event {
            Event::Begins(_) => self.files += 1,
            Event::Ends if self.files == 0 => return true,
            Event::Ends => self.files -= 1,
            Event::Line(line) => match line.kind {
                LineKind::Opens | LineKind::Holds | LineKind::Refused
                    if line.name.eq_ignore_ascii_case(&self.name) =>
                {
                    self.depth += 1;
                }
                LineKind::Closes if closes(line, &self.name) => {
                    if self.depth == 0 {
                        return true;
                    }
                    self.depth -= 1;
                }
                LineKind::Opens
                | LineKind::Holds
                | LineKind::Refused
                | LineKind::Closes
                | LineKind::Fails
                | LineKind::Directive => {}
            },
        }
        false
    }
}

/// Does the line close the section that a line called `open` opens?
fn closes(line: &EffectiveLine, open: &[u8]) -> bool {
    let bare = |name: &[u8]| {
        name.iter()
            .copied()
            .skip_while(|byte| b"</".contains(byte))
            .collect::<Vec<_>>()
    };
    bare(&line.name).eq_ignore_ascii_case(&bare(open))
}
