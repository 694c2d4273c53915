// SPDX-License-Identifier: GPL-2.0-or-later
//! Executes the programs of event filters as the kernel does, in the byte order of this program: the instructions that
//! they have, and the two searches for an attribute. The tests compare it with the kernel wherever the kernel has the
//! same byte order.

use super::super::*;

/// The state of a program.
#[derive(Default)]
struct Machine {
    a: u32,
    x: u32,
    stored: [u32; 16],
}

/// The result of a program for a message: 0 for one to be dropped. A load outside of the message ends it with 0.
pub(super) fn run(program: &[sock_filter], message: &[u8]) -> u32 {
    let mut machine = Machine::default();
    let mut at = 0;
    loop {
        let instruction = program[at];
        at += 1;
        match instruction.code {
            RETURN => return instruction.k,
            GO => at += instruction.k as usize,
            JUMP_IF_EQUAL if machine.a == instruction.k => at += usize::from(instruction.jt),
            JUMP_IF_EQUAL => at += usize::from(instruction.jf),
            _ => match machine.execute(instruction, message) {
                Some(()) => {}
                None => return REJECT,
            },
        }
    }
}

impl Machine {
    fn execute(&mut self, sock_filter { code, k, .. }: sock_filter, message: &[u8]) -> Option<()> {
        match code {
            LOAD_NUMBER => self.a = k,
            LOAD_X_NUMBER => self.x = k,
            LOAD_STORED => self.a = self.stored[k as usize],
            STORE => self.stored[k as usize] = self.a,
            TO_X => self.x = self.a,
            ADD => self.a += k,
            AND => self.a &= k,
            LOAD_WORD_AT if k == FIND_ATTR => self.a = find(message, self.a as usize, self.x),
            LOAD_WORD_AT if k == FIND_ATTR_IN_NEST => self.a = find_in_nest(message, self.a as usize, self.x),
            LOAD_BYTE_AT => self.a = load(message, k, 1)?,
            LOAD_BYTE => self.a = load(message, self.x + k, 1)?,
            LOAD_HALF => self.a = load(message, self.x + k, 2)?,
            LOAD_WORD => self.a = load(message, self.x + k, 4)?,
            _ => panic!("no program has the instruction {code:#x} {k:#x}"),
        }
        Some(())
    }
}

/// A number of `len` bytes in network byte order.
fn load(message: &[u8], at: u32, len: usize) -> Option<u32> {
    let bytes = message.get(at as usize..)?.get(..len)?;
    Some(bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
}

/// The length of the attribute here, if the whole of it is there, and its type without the flags.
fn header(message: &[u8], at: usize) -> Option<(usize, u32)> {
    let number = |at: usize| Some(u16::from_ne_bytes(message.get(at..at + 2)?.try_into().ok()?));
    let (len, kind) = (usize::from(number(at)?), number(at + 2)?);
    (len >= 4 && len <= message.len() - at).then_some((len, u32::from(kind & NLA_TYPE_MASK)))
}

/// The place of the attribute of this type, of those that begin here; 0 without one.
fn find(message: &[u8], mut at: usize, kind: u32) -> u32 {
    while let Some((len, this)) = header(message, at) {
        if this == kind {
            return at as u32;
        }
        at += len.next_multiple_of(4);
    }
    0
}

/// The same inside the attribute that begins here.
fn find_in_nest(message: &[u8], at: usize, kind: u32) -> u32 {
    header(message, at).map_or(0, |(len, _)| find(&message[..at + len], at + 4, kind))
}
