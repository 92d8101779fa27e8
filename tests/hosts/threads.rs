// threads.rs: threads of Rust's standard library, named and not, that hand memory over by channels. What they have seen is
// printed, then it rests until a line comes.
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;

const PRODUCERS: u64 = 3;
const BLOCKS: u64 = 20000;

fn produce(number: u64, to: mpsc::SyncSender<Vec<u8>>) {
    for i in 0..BLOCKS {
        let length = 16 + (number * 7919 + i * 131) % 900;
        to.send(vec![(i % 251) as u8; length as usize]).unwrap();
    }
}

fn sum(block: &[u8]) -> u64 {
    block.iter().map(|&byte| u64::from(byte)).sum()
}

fn main() {
    let (to, from) = mpsc::sync_channel::<Vec<u8>>(64);
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|number| {
            let to = to.clone();
            let name = format!("produce-{}", number);
            thread::Builder::new().name(name).spawn(move || produce(number, to)).unwrap()
        })
        .collect();
    drop(to);
    let consumer = thread::spawn(move || from.iter().map(|block| sum(&block)).fold(0u64, u64::wrapping_add));
    for producer in producers {
        producer.join().unwrap();
    }
    println!("{}", consumer.join().unwrap());
    println!("done");
    io::stdout().flush().unwrap();
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
}
